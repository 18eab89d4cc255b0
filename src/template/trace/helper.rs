//! Functions that make several constructs: where one of them is wrong, the line that called the function
//! says which one it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Construct, Frame, ancestors};

type Constructs = BTreeMap<Box<str>, Construct>;

/// Most functions that call one another before the line that is shown.
const LEVELS: usize = 16;

/// Names that CDK gives to what it puts into a construct; they say nothing of whose it is.
const GENERIC: [&str; 3] = ["Resource", "Default", "DefaultPolicy"];

/// For each caller of a line the names of the constructs that came of it.
type Calls<'c> = HashMap<&'c Frame, HashMap<&'c Frame, HashSet<&'c str>>>;

/// A construct and what made it.
struct Made<'c> {
    chain: &'c [Frame],
    name: &'c str,
    stacks: Vec<&'c Frame>,
}

/// The lines of helpers: called from several lines, and no construct of the same name came of all of them.
/// The constructor of a construct that is made twice makes the same names each time, so it is none.
pub(super) fn find(constructs: &Constructs) -> HashSet<Frame> {
    let with_callers = constructs.iter().filter(|(_, construct)| construct.made.len() > 1);
    let all: Vec<Made<'_>> =
        with_callers.map(|(path, construct)| Made::new(constructs, path, &construct.made)).collect();
    let mut helpers: HashSet<Frame> = HashSet::new();
    let mut calls: Calls<'_> = HashMap::new();
    for level in 0..LEVELS {
        let before = helpers.len();
        for Made { chain, name, stacks } in &all {
            let Some([line, caller]) = chain.get(level..level + 2) else { continue };
            let is_reached = chain[..level].iter().all(|frame| helpers.contains(frame));
            if is_reached && !stacks.contains(&caller) {
                calls.entry(line).or_default().entry(caller).or_default().insert(name);
            }
        }
        helpers.extend(calls.iter().filter(|(_, callers)| is_helper(callers)).map(|(line, _)| (*line).clone()));
        if helpers.len() == before {
            break;
        }
    }
    helpers
}

impl<'c> Made<'c> {
    fn new(constructs: &'c Constructs, path: &'c str, chain: &'c [Frame]) -> Self {
        Self { chain, name: name(constructs, path, chain), stacks: stacks(constructs, path).collect() }
    }
}

fn is_helper(callers: &HashMap<&Frame, HashSet<&str>>) -> bool {
    let mut names = callers.values();
    let Some(first) = names.next() else { return false };
    let rest: Vec<_> = names.collect();
    !rest.is_empty() && !first.iter().any(|name| rest.iter().all(|names| names.contains(name)))
}

/// Which line of a chain is shown: the first that is no helper. Never one that made a stack around the
/// construct, which says less than any line inside of it.
pub(super) fn main(constructs: &Constructs, helpers: &HashSet<Frame>, path: &str, chain: &[Frame]) -> usize {
    let stacks: Vec<&Frame> = stacks(constructs, path).collect();
    let goes_on = |(at, line): &(usize, &Frame)| {
        let caller = chain.get(at + 1);
        *at < LEVELS && helpers.contains(*line) && caller.is_some_and(|caller| !stacks.contains(&caller))
    };
    chain.iter().enumerate().take_while(goes_on).count()
}

/// The lines that made the stacks around a construct.
fn stacks<'c>(constructs: &'c Constructs, path: &str) -> impl Iterator<Item = &'c Frame> {
    // A role holds its own resource, and both are made by one line: only stacks are looked at.
    let above = ancestors(path).filter_map(|above| constructs.get(above));
    above.filter(|above| above.template.is_some()).filter_map(|stack| stack.made.first())
}

/// What made a construct; that of one which consists of others stands at its main part.
pub(super) fn made<'c>(constructs: &'c Constructs, path: &str) -> Option<(&'c str, &'c [Frame])> {
    let main_part = |name: &str| constructs.get_key_value(format!("{path}/{name}").as_str());
    let own = constructs.get_key_value(path);
    let all = [own, main_part("Resource"), main_part("Default")].into_iter().flatten();
    let (known, construct) = all.into_iter().find(|(_, construct)| !construct.made.is_empty())?;
    Some((known.get(..path.len())?, &construct.made))
}

/// The name that the user's line gave: that of the outermost construct which the same chain made.
fn name<'c>(constructs: &'c Constructs, path: &'c str, chain: &[Frame]) -> &'c str {
    let of_same_chain = |above: &&str| made(constructs, above).is_some_and(|(_, frames)| frames == chain);
    let outermost = ancestors(path).filter(of_same_chain).last().unwrap_or(path);
    let mut parts = outermost.rsplit('/');
    parts.find(|part| !GENERIC.contains(part)).unwrap_or(outermost)
}
