//! What a request carries for one key so that some tests on it pass and others do not.

use std::cell::Cell;

use super::space::{Domain, Part, Space};
use super::texts::Ask;
use crate::policy::key::{lower, same_key};
use crate::policy::{Carried, Policy, Request, Test, test_passes};
use crate::value::{Form, Piece, Symbols, Text, Truth};

/// A line of a Condition block, and whether it is to pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'q> {
    pub(super) test: &'q Test,
    pub(super) passes: bool,
    /// It speaks of this part of the key's text.
    pub(super) part: Option<&'q Part>,
}

/// What became of a choice.
pub(super) enum Solved {
    /// A request that meets the wishes as far as is known. `proved`: where the evaluator refuses it, so it
    /// would every other one.
    Request { request: Request, proved: bool },
    /// No request of the class meets them.
    Impossible,
    /// None was found, and none is proved to be missing.
    Open,
}

/// The keys that wishes are about.
pub(super) struct Keys<'q> {
    pub(super) policy: &'q Policy,
    pub(super) space: &'q Space,
    pub(super) symbols: &'q Symbols,
    pub(super) request: Request,
    /// Each key's wishes, as the class spells the key, those with variables last.
    wishes: Vec<(Text, Vec<Wish<'q>>)>,
    /// Wishes about keys whose name is not known.
    unnamed: bool,
    /// Whether what nothing is asked of is there where it may be: a variable may name it.
    pub(super) filled: bool,
    /// Keys that a variable names, each with what is asked of the key that is to be the same.
    joined: Vec<(Text, Joined<'q>)>,
    /// Whether a search came to its limit.
    pub(super) gave_up: Cell<bool>,
}

/// A key whose value is to be a variable, and nothing else.
struct Joined<'q> {
    forms: &'q [Form],
    asks: Vec<Ask<'q>>,
}

/// What became of one key.
enum Value {
    /// The request carries this, or nothing.
    Carried(Option<Carried>),
    Impossible,
    Open,
}

impl<'q> Keys<'q> {
    pub(super) fn new(
        policy: &'q Policy,
        space: &'q Space,
        symbols: &'q Symbols,
        request: Request,
        wishes: &[Wish<'q>],
    ) -> Self {
        let (unnamed, filled, gave_up) = (false, false, Cell::new(false));
        let (own, joined) = (Vec::new(), Vec::new());
        let mut keys = Self { policy, space, symbols, request, wishes: own, unnamed, filled, joined, gave_up };
        for wish in wishes {
            let Some(name) = keys.named(&wish.test.key) else {
                keys.unnamed = true;
                continue;
            };
            // What is asked of a part is asked of the whole.
            let part = keys.part(&name);
            let (name, wish) =
                part.map_or((name, *wish), |part| (part.key.clone(), Wish { part: Some(part), ..*wish }));
            match keys.wishes.iter_mut().find(|(own, _)| same_key(own, &name, symbols).is_true()) {
                Some((_, own)) => own.push(wish),
                None => keys.wishes.push((name, vec![wish])),
            }
        }
        // What is settled without a search comes first: it may spare one.
        let mut sorted = std::mem::take(&mut keys.wishes);
        sorted.sort_by_key(|(name, wishes)| {
            let is_searched = matches!(keys.domain(name), Domain::Text { .. } | Domain::Texts { .. });
            (wishes.iter().any(|wish| has_variables(wish.test, policy)), is_searched)
        });
        Self { wishes: sorted, ..keys }
    }

    pub(super) fn solve(&mut self, work: &mut usize) -> Solved {
        let mut proved = !self.unnamed;
        let wishes = std::mem::take(&mut self.wishes);
        self.joined = if self.filled { self.joined_by_variables(&wishes) } else { Vec::new() };
        // What nothing is asked of first: variables may name it.
        for (name, domain) in &self.space.keys {
            let is_part = matches!(domain, Domain::Part(_));
            if !is_part && !wishes.iter().any(|(own, _)| own == name) {
                let Value::Carried(carried) = self.value(name, domain, &[], work) else { return Solved::Impossible };
                self.put(name, carried);
            }
        }
        for (name, wishes) in &wishes {
            let domain = self.domain(name);
            let coupled = wishes.iter().any(|wish| has_variables(wish.test, self.policy));
            match self.value(name, domain, wishes, work) {
                Value::Carried(carried) => self.put(name, carried),
                // Another value of what a variable names might do.
                Value::Impossible if coupled && !self.is_fixed(wishes) => return Solved::Open,
                Value::Impossible => return Solved::Impossible,
                Value::Open => return Solved::Open,
            }
            proved &= !coupled || self.is_fixed(wishes);
        }
        Solved::Request { request: self.request.clone(), proved }
    }

    /// The keys that a test wants to be what a variable says, under the key that it names.
    fn joined_by_variables(&self, wishes: &[(Text, Vec<Wish<'q>>)]) -> Vec<(Text, Joined<'q>)> {
        let mut joined = Vec::new();
        for (name, wishes) in wishes {
            let Domain::Text { forms, .. } = self.domain(name) else { continue };
            let (coupled, plain): (Vec<Wish<'_>>, Vec<Wish<'_>>) =
                wishes.iter().partition(|wish| has_variables(wish.test, self.policy));
            let asks: Vec<Ask<'_>> = plain.into_iter().filter_map(Ask::of_single).collect();
            let hits = coupled.into_iter().filter(|wish| Ask::of_single(*wish).is_some_and(|ask| ask.hits));
            let named = hits.filter_map(|wish| whole_variable(wish.test).and_then(|name| self.named(&name)));
            joined.extend(named.map(|named| (named, Joined { forms, asks: asks.clone() })));
        }
        joined
    }

    /// Texts that the keys may carry, too, which a variable joins to a key.
    fn common(&self, name: &Text, asks: &[Ask<'q>], forms: &[Form], work: &mut usize) -> Vec<Text> {
        let mut texts = Vec::new();
        for (_, joined) in self.joined.iter().filter(|(own, _)| own == name) {
            let both: Vec<Ask<'q>> = asks.iter().chain(&joined.asks).copied().collect();
            texts.extend(self.texts(&both, (joined.forms, &[]), work).found);
        }
        texts.retain(|text| forms.iter().any(|form| form.takes(text, self.symbols)));
        texts
    }

    /// Whether what variables name in the values of some tests is the same in every request of the class.
    fn is_fixed(&self, wishes: &[Wish<'q>]) -> bool {
        let values = wishes.iter().flat_map(|wish| wish.test.values.iter().map(|(value, _)| value));
        let pieces = values.flat_map(|value| value.pieces().unwrap_or_default());
        let literals = pieces.filter_map(|piece| if let Piece::Literal(text) = piece { Some(text) } else { None });
        literals.into_iter().all(|text| variables(&text).all(|name| self.carries_one(name)))
    }

    fn carries_one(&self, name: &str) -> bool {
        let Some(name) = self.named(&Text::known(name)) else { return false };
        match self.domain(&name) {
            Domain::Exactly(None) => true,
            // Two keys may name one another: then the second is not there yet.
            Domain::Exactly(Some(_)) => self.request.context.iter().any(|(own, _)| *own == name),
            _ => false,
        }
    }

    /// A key as the class spells it, or as it is where the class certainly has no such key; nothing where that
    /// hangs on what is not known.
    fn named(&self, key: &Text) -> Option<Text> {
        let mut unclear = matches!(key, Text::Any(_));
        for (own, _) in &self.space.keys {
            match same_key(own, key, self.symbols) {
                Truth::True => return Some(own.clone()),
                Truth::False => {}
                Truth::Unknown => unclear = true,
            }
        }
        (!unclear).then(|| lower(key))
    }

    fn domain(&self, name: &Text) -> &'q Domain {
        let found = self.space.keys.iter().find(|(own, _)| own == name);
        found.map_or(&Domain::Exactly(None), |(_, domain)| domain)
    }

    /// The part of another key's text that the class has for a key.
    fn part(&self, name: &Text) -> Option<&'q Part> {
        self.space.keys.iter().find_map(|(own, domain)| match domain {
            Domain::Part(part) if own == name => Some(part),
            _ => None,
        })
    }

    fn put(&mut self, name: &Text, carried: Option<Carried>) {
        let all = self.with_parts(name, carried.as_ref());
        self.request.context.extend(all);
    }

    /// What is carried for a key, and for those that have a part of it.
    fn with_parts(&self, name: &Text, carried: Option<&Carried>) -> Vec<(Text, Carried)> {
        let Some(carried) = carried else { return Vec::new() };
        let mut all = vec![(name.clone(), carried.clone())];
        for (own, domain) in &self.space.keys {
            let (Domain::Part(part), Carried::One(text)) = (domain, carried) else { continue };
            if part.key == *name {
                all.push((own.clone(), part.of(text).map_or(Carried::Perhaps, Carried::One)));
            }
        }
        all
    }

    fn value(&self, name: &Text, domain: &Domain, wishes: &[Wish<'q>], work: &mut usize) -> Value {
        match domain {
            Domain::Exactly(carried) => self.best(name, wishes, vec![carried.clone()], true),
            Domain::OneOf(several) => {
                let mut candidates = several.clone();
                candidates.sort_by_key(|candidate| self.filled && candidate.is_none());
                self.best(name, wishes, candidates, true)
            }
            Domain::Text { forms, optional } => self.single(name, wishes, forms, *optional, work),
            Domain::Texts { .. } => self.several(name, wishes, domain, work),
            // What is asked of it is asked of the whole.
            Domain::Part(_) => Value::Open,
        }
    }

    /// The first of some candidates that certainly meets the wishes, or else the first that may. `all`:
    /// there are no others.
    fn best(&self, name: &Text, wishes: &[Wish<'q>], candidates: Vec<Option<Carried>>, all: bool) -> Value {
        let mut contest = Contest { name, wishes, maybe: None };
        let certain = candidates.into_iter().find_map(|candidate| contest.enter(self, candidate));
        certain.unwrap_or_else(|| contest.close(all))
    }

    fn meets(&self, name: &Text, wishes: &[Wish<'q>], carried: Option<&Carried>) -> Truth {
        let mut request = self.request.clone();
        request.context.extend(self.with_parts(name, carried));
        Truth::all(wishes.iter().map(|wish| {
            let passes = test_passes(wish.test, self.policy, &request, self.symbols);
            if wish.passes { passes } else { !passes }
        }))
    }

    /// One text, or nothing.
    fn single(&self, name: &Text, wishes: &[Wish<'q>], forms: &[Form], optional: bool, work: &mut usize) -> Value {
        let mut asks: Vec<Ask<'_>> = wishes.iter().filter_map(|wish| Ask::of_single(*wish)).collect();
        let asked = asks.len();
        asks.retain(|ask| ask.part.is_none() || !ask.is_typed());
        // A part that must be a number or the like is not looked for.
        let mut all = asks.len() == asked;
        let mut contest = Contest { name, wishes, maybe: None };
        let is_plain = !asks.iter().any(Ask::is_typed);
        let common = self.common(name, &asks, forms, work).into_iter().map(|text| Some(Carried::One(text)));
        let of_forms = forms.iter().flat_map(|form| {
            let texts = self.texts(&asks, (std::slice::from_ref(form), &[]), work);
            // One that is inside of all patterns, and yet the evaluator has a reason, leaves it open.
            all &= texts.all && !(is_plain && texts.found.iter().any(|text| self.meets_asks(&asks, text).is_false()));
            texts.found
        });
        let (first, last) = self.around(wishes, forms, optional);
        let candidates = common.chain(first).chain(of_forms.map(|text| Some(Carried::One(text)))).chain(last);
        // What certainly meets them spares the search in the forms behind it.
        for candidate in candidates {
            if let Some(certain) = contest.enter(self, candidate) {
                return certain;
            }
        }
        let all = all || contest.maybe.is_none() && self.refuses_all_named(&asks);
        contest.close(all)
    }

    /// What a key that takes one text may carry before and after what is looked for.
    fn around(
        &self,
        wishes: &[Wish<'q>],
        forms: &[Form],
        optional: bool,
    ) -> (Vec<Option<Carried>>, Vec<Option<Carried>>) {
        let takes = |text: &str| forms.iter().any(|form| form.takes(&Text::known(text), self.symbols));
        let carried = |text: &str| Some(Carried::One(Text::known(text)));
        let mut first = Vec::new();
        // A request that nobody asks anything of carries as little as it may.
        if wishes.is_empty() && optional && !self.filled {
            first.push(None);
        }
        // A text that most forms have, so that other keys may carry the same.
        if wishes.is_empty() && self.filled && takes(EXAMPLE) {
            first.push(carried(EXAMPLE));
        }
        let mut last = Vec::new();
        if takes("") {
            last.push(carried(""));
        }
        if optional {
            last.push(None);
        }
        (first, last)
    }

    /// A list of texts: those that are always there, one more for each need, or nothing.
    fn several(&self, name: &Text, wishes: &[Wish<'q>], domain: &Domain, work: &mut usize) -> Value {
        let Domain::Texts { always, forms, except, least, most, optional } = domain else { return Value::Open };
        let needs = self.needs(wishes, always);
        let mut candidates: Vec<Option<Carried>> = Vec::new();
        let mut all = true;
        // With as few members as the needs ask for, and with one where an empty list would not do.
        let fewest = if always.is_empty() { (*least).max(1) } else { *least };
        for least in [*least, fewest.min(*most)] {
            let members = self.members(&needs, (forms, except), (least, *most), work);
            all &= members.all;
            let whole = |found: Vec<Text>| Some(Carried::Many(always.iter().cloned().chain(found).collect()));
            candidates.extend(members.found.map(whole));
        }
        if *least == 0 {
            candidates.push(Some(Carried::Many(always.clone())));
        }
        if *optional {
            candidates.push(None);
        }
        self.best(name, wishes, candidates, all)
    }
}

/// Candidates for one key, one after the other.
struct Contest<'c, 'q> {
    name: &'c Text,
    wishes: &'c [Wish<'q>],
    /// The first that may meet the wishes.
    maybe: Option<Option<Carried>>,
}

impl Contest<'_, '_> {
    /// The candidate, where it certainly meets the wishes.
    fn enter(&mut self, keys: &Keys<'_>, candidate: Option<Carried>) -> Option<Value> {
        match keys.meets(self.name, self.wishes, candidate.as_ref()) {
            Truth::True => return Some(Value::Carried(candidate)),
            Truth::Unknown if self.maybe.is_none() => self.maybe = Some(candidate),
            Truth::Unknown | Truth::False => {}
        }
        None
    }

    /// What it came to without a certain one. `all`: there are no other candidates.
    fn close(self, all: bool) -> Value {
        match self.maybe {
            Some(candidate) => Value::Carried(candidate),
            None if all => Value::Impossible,
            None => Value::Open,
        }
    }
}

/// What a key carries of which only another key's test speaks.
const EXAMPLE: &str = "example";

/// The keys that the tests of a policy ask for, and those that variables in their values name, each as written.
pub fn asked_keys(policy: &Policy) -> Vec<Text> {
    let mut keys: Vec<Text> = Vec::new();
    for test in policy.statements.iter().flat_map(|statement| &statement.conditions.tests) {
        keys.push(test.key.clone());
        if !has_variables(test, policy) {
            continue;
        }
        let pieces = test.values.iter().flat_map(|(value, _)| value.pieces().unwrap_or_default());
        for piece in pieces {
            let Piece::Literal(text) = piece else { continue };
            keys.extend(variables(&text).map(Text::known));
        }
    }
    keys
}

/// The keys that variables in a text name; escapes name none.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let inside = text.split("${").skip(1).map(|rest| rest.split(['}', ',']).next().unwrap_or_default().trim());
    inside.filter(|name| !matches!(*name, "*" | "?" | "$"))
}

/// The key of the variable that is the one value of a test.
fn whole_variable(test: &Test) -> Option<Text> {
    let [(value, _)] = test.values.as_slice() else { return None };
    let name = value.as_known()?.strip_prefix("${")?.strip_suffix('}')?;
    variables(value.as_known()?).next().filter(|own| *own == name).map(Text::known)
}

/// Whether a value of a test holds a variable that other keys decide.
pub(super) fn has_variables(test: &Test, policy: &Policy) -> bool {
    let takes = test.operator.is_some_and(|operator| operator.base.takes_variables());
    let holds = |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains("${"));
    let any = |text: &Text| text.pieces().is_some_and(|pieces| pieces.iter().any(holds));
    takes && !policy.reads_variables().is_false() && test.values.iter().any(|(value, _)| any(value))
}
