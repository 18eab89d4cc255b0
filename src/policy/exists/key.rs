//! What a request carries for one key so that some tests on it pass and others do not.

use std::cell::Cell;

use super::space::{Domain, Part, Space};
use crate::policy::condition::value_hits;
use crate::policy::evaluate::Asking;
use crate::policy::key::{lower, same_key};
use crate::policy::operator::{Base, Quantifier};
use crate::policy::typed;
use crate::policy::wanted::{self, Wanted};
use crate::policy::{Carried, Policy, Request, Test, test_passes};
use crate::value::{Form, Found, Pattern, Piece, Search, Symbols, Text, Truth, marks};

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
    policy: &'q Policy,
    space: &'q Space,
    symbols: &'q Symbols,
    request: Request,
    /// Each key's wishes, as the class spells the key, those with variables last.
    wishes: Vec<(Text, Vec<Wish<'q>>)>,
    /// Wishes about keys whose name is not known.
    unnamed: bool,
    /// Whether what nothing is asked of is there where it may be: a variable may name it.
    pub(super) filled: bool,
    /// Whether a search came to its limit.
    pub(super) gave_up: Cell<bool>,
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
        let mut keys = Self { policy, space, symbols, request, wishes: Vec::new(), unnamed, filled, gave_up };
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
            match self.value(name, &domain, wishes, work) {
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

    fn domain(&self, name: &Text) -> Domain {
        let found = self.space.keys.iter().find(|(own, _)| own == name);
        found.map_or(Domain::Exactly(None), |(_, domain)| domain.clone())
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
        let mut maybe = None;
        for candidate in candidates {
            match self.meets(name, wishes, candidate.as_ref()) {
                Truth::True => return Value::Carried(candidate),
                Truth::Unknown if maybe.is_none() => maybe = Some(candidate),
                Truth::Unknown | Truth::False => {}
            }
        }
        match maybe {
            Some(candidate) => Value::Carried(candidate),
            None if all => Value::Impossible,
            None => Value::Open,
        }
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
        let mut texts = self.texts(&asks, (forms, &[]), work);
        // A part that must be a number or the like is not looked for.
        texts.all &= asks.len() == asked;
        let refused = |text: &Text| self.meets_asks(&asks, text).is_false();
        if !asks.iter().any(Ask::is_typed) && texts.found.iter().any(refused) {
            // It is inside of all patterns, and yet the evaluator has a reason.
            texts.all = false;
        }
        let mut candidates: Vec<Option<Carried>> = Vec::new();
        // A request that nobody asks anything of carries as little as it may.
        if wishes.is_empty() && optional && !self.filled {
            candidates.push(None);
        }
        // A text that most forms have, so that other keys may carry the same.
        if wishes.is_empty() && self.filled && forms.iter().any(|form| form.takes(&Text::known(EXAMPLE), self.symbols))
        {
            candidates.push(Some(Carried::One(Text::known(EXAMPLE))));
        }
        candidates.extend(texts.found.into_iter().map(|text| Some(Carried::One(text))));
        if forms.iter().any(|form| form.takes(&Text::known(""), self.symbols)) {
            candidates.push(Some(Carried::One(Text::known(""))));
        }
        if optional {
            candidates.push(None);
        }
        self.best(name, wishes, candidates, texts.all)
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

    /// What further members of a list must be, and which must be among them.
    fn needs(&self, wishes: &[Wish<'q>], always: &[Text]) -> Needs<'q> {
        let mut needs = Needs::default();
        for wish in wishes {
            let Some(operator) = wish.test.operator.filter(|operator| operator.base != Base::Null) else { continue };
            // Whether one member passes the test, negation included.
            let member = Ask { test: wish.test, hits: wish.passes != operator.negated, part: None };
            let settled = always.iter().any(|text| self.hits(member, text).is_true());
            match (operator.quantifier, wish.passes) {
                (Some(Quantifier::ForAll), true) | (Some(Quantifier::ForAny), false) => needs.each.push(member),
                (Some(Quantifier::ForAll), false) | (Some(Quantifier::ForAny), true) if settled => {}
                (Some(Quantifier::ForAll), false) | (Some(Quantifier::ForAny), true) => needs.some.push(member),
                // Without a set operator only a member that fits can make the outcome open.
                (None, true) if settled => {}
                (None, true) => needs.some.push(member),
                (None, false) => needs.each.push(member),
            }
        }
        needs
    }

    /// Further members: one for each need, or one for all where there may not be so many.
    fn members(
        &self,
        needs: &Needs<'q>,
        (forms, except): (&[Form], &[Text]),
        (least, most): (usize, usize),
        work: &mut usize,
    ) -> Members {
        let together = needs.some.len() > most;
        let groups: Vec<Vec<Ask<'q>>> = if together {
            vec![needs.some.clone()]
        } else {
            let fill = least.saturating_sub(needs.some.len());
            needs.some.iter().map(|ask| vec![*ask]).chain((0..fill).map(|_| Vec::new())).collect()
        };
        // Two needs in one member out of several: it was not tried to share them out otherwise.
        let mut members = Members { found: Some(Vec::new()), all: !together || most == 1 };
        for group in groups {
            let asks: Vec<Ask<'q>> = needs.each.iter().copied().chain(group).collect();
            let texts = self.texts(&asks, (forms, except), work);
            let first = texts.found.into_iter().find(|text| self.meets_asks(&asks, text) != Truth::False);
            members.all &= texts.all;
            match (first, &mut members.found) {
                (Some(text), Some(found)) => found.push(text),
                _ => members.found = None,
            }
        }
        members
    }

    fn meets_asks(&self, asks: &[Ask<'q>], text: &Text) -> Truth {
        Truth::all(asks.iter().map(|ask| self.hits(*ask, text)))
    }

    /// Whether a value fits, or does not fit, what a test wants.
    fn hits(&self, ask: Ask<'_>, value: &Text) -> Truth {
        let asking = Asking::new(self.policy, &self.request, self.symbols);
        let Some(operator) = ask.test.operator else { return Truth::Unknown };
        let part = ask.part.map(|part| part.of(value));
        let hit = match &part {
            None => value_hits(ask.test, operator, value, &asking),
            Some(Some(part)) => value_hits(ask.test, operator, part, &asking),
            Some(None) => Truth::Unknown,
        };
        if ask.hits { hit } else { !hit }
    }

    /// Texts of some forms that fit what some tests want and not what others do.
    fn texts(&self, asks: &[Ask<'q>], (forms, except): (&[Form], &[Text]), work: &mut usize) -> Texts {
        let mut texts = Texts { found: Vec::new(), all: true };
        for form in forms {
            let shortest = if asks.is_empty() { form.shortest().filter(|text| !except.contains(text)) } else { None };
            let searched = |text| Texts { found: vec![text], all: true };
            let own = shortest.map_or_else(|| self.texts_of(asks, form, except, work), searched);
            texts.all &= own.all;
            texts.found.extend(own.found);
        }
        texts
    }

    fn texts_of(&self, asks: &[Ask<'q>], form: &Form, except: &[Text], work: &mut usize) -> Texts {
        let (typed, plain): (Vec<_>, Vec<_>) = asks.iter().partition(|ask| ask.is_typed());
        let mut texts = self.plain_texts(&plain, form, except, work);
        if let Some(base) = typed.first().and_then(|ask| ask.base()) {
            let wanted = typed.iter().flat_map(|ask| ask.test.values.iter().map(|(value, _)| value.as_known()));
            let known: Vec<&str> = wanted.clone().flatten().collect();
            let own = typed::representatives(base, &known);
            let kinds = own.texts.into_iter().map(Text::known).filter(|text| form.takes(text, self.symbols));
            let nothing = form.is_any().then(|| Text::known("x"));
            texts.found = kinds.chain(nothing).chain(texts.found).collect();
            // A value that must be a number and fit a pattern, or be of two kinds, is not looked for to the end;
            // nor one of a form, since a kind may have several texts.
            let is_one_kind = typed.iter().all(|ask| ask.base().is_some_and(|other| other.is_kin(base)));
            let is_free = form.is_any();
            texts.all = own.all && plain.is_empty() && is_one_kind && is_free && known.len() == wanted.count();
        }
        texts
    }

    fn plain_texts(&self, asks: &[&Ask<'q>], form: &Form, except: &[Text], work: &mut usize) -> Texts {
        let (mut exact, mut wide) = self.searches(asks, form, work);
        let except: Vec<Pattern> = except.iter().filter_map(marks).map(|marks| Pattern::new(&marks)).collect();
        exact.outside.extend(except.iter().cloned());
        wide.outside.extend(except);
        match exact.find(form, self.symbols, work) {
            Found::Text(text) => Texts { found: vec![text], all: true },
            Found::GaveUp => {
                self.gave_up.set(true);
                Texts { found: Vec::new(), all: false }
            }
            Found::Nothing => {
                let found = wide.find(&form.opened(self.symbols), self.symbols, work);
                self.gave_up.set(self.gave_up.get() || found == Found::GaveUp);
                Texts { found: Vec::new(), all: found == Found::Nothing }
            }
        }
    }

    /// The search for texts that certainly fit, and one that takes in all that may.
    fn searches(&self, asks: &[&Ask<'q>], form: &Form, work: &mut usize) -> (Search, Search) {
        let (mut exact, mut wide) = (Search::default(), Search::default());
        exact.outside.extend(form.without().iter().cloned());
        wide.outside.extend(form.without().iter().filter(|own| own.symbols().next().is_none()).cloned());
        for ask in asks {
            let mut read = self.patterns(ask);
            if ask.hits {
                read.patterns.retain(|pattern| self.may_be_wild(pattern, ask) || !form.excludes(pattern));
            }
            if ask.hits && form.is_fresh() {
                read.patterns.retain(|pattern| !self.names_one(pattern, ask, form, work));
            }
            let opened = || read.patterns.iter().map(|pattern| self.opened(pattern, ask, form));
            if ask.hits {
                if !read.open {
                    wide.inside.push(opened().collect());
                }
                exact.inside.push(read.patterns.clone());
            } else {
                wide.outside.extend(read.patterns.iter().filter(|own| own.symbols().next().is_none()).cloned());
                exact.outside.extend(read.patterns);
            }
        }
        (exact, wide)
    }

    /// Whether at most one text of a form is inside of a pattern: that is somebody's, and no stranger's.
    fn names_one(&self, pattern: &Pattern, ask: &Ask<'_>, form: &Form, work: &mut usize) -> bool {
        if self.may_be_wild(pattern, ask) {
            return false;
        }
        if !pattern.is_wild() {
            return true;
        }
        if pattern.given_characters() < form.free_characters() {
            // A wildcard takes a character that is not given: of texts inside there are none or several.
            return false;
        }
        let free = form.clone().free();
        let one = Search { inside: vec![vec![pattern.clone()]], outside: Vec::new() };
        let Found::Text(first) = one.find(&free, self.symbols, work) else { return false };
        let Some(marks) = marks(&first) else { return false };
        let other = Search { outside: vec![Pattern::new(&marks)], ..one };
        other.find(&free, self.symbols, work) == Found::Nothing
    }

    /// Whether a symbol of a pattern may stand for a wildcard.
    fn may_be_wild(&self, pattern: &Pattern, ask: &Ask<'_>) -> bool {
        let like = ask.base().is_some_and(Base::has_wildcards);
        like && pattern.symbols().any(|id| self.symbols.facts(id).format.may_hold('*'))
    }

    /// A pattern with what its symbols may stand for. A symbol that is a whole text is somebody's.
    fn opened(&self, pattern: &Pattern, ask: &Ask<'_>, form: &Form) -> Pattern {
        let like = ask.base().is_some_and(Base::has_wildcards);
        pattern.opened(self.symbols, like, |id| form.is_somebody(id, self.symbols))
    }

    /// What a test on texts wants, as patterns.
    fn patterns(&self, ask: &Ask<'_>) -> Patterns {
        let mut read = Patterns { patterns: Vec::new(), open: false };
        let Some(operator) = ask.test.operator else { return Patterns { open: true, ..read } };
        for (text, _) in &ask.test.values {
            let asking = Asking::new(self.policy, &self.request, self.symbols);
            let marks = match wanted::read(operator, text, &asking) {
                Wanted::Marks(marks) => marks,
                Wanted::Nothing => continue,
                Wanted::Undecided => {
                    read.open = true;
                    continue;
                }
            };
            let marks = ask.part.map_or_else(|| marks.clone(), |part| part.around(&marks));
            match operator.base {
                Base::Arn if ask.part.is_some() => read.open = true,
                Base::StringEquals | Base::StringLike => read.patterns.push(Pattern::new(&marks)),
                Base::StringEqualsIgnoreCase | Base::Bool => read.patterns.push(Pattern::without_case(&marks)),
                Base::Arn => read.patterns.push(Pattern::of_arn(&marks, self.symbols)),
                _ => read.open = true,
            }
        }
        read
    }
}

/// What a test wants, as patterns; `open` where a part of it is not known.
struct Patterns {
    patterns: Vec<Pattern>,
    open: bool,
}

/// Whether a value is to fit one of those that a test wants, negation aside.
#[derive(Clone, Copy, Debug)]
struct Ask<'q> {
    test: &'q Test,
    hits: bool,
    /// It speaks of this part of the text.
    part: Option<&'q Part>,
}

impl<'q> Ask<'q> {
    /// What a wish asks of a text that is not empty; nothing where it asks for presence only.
    fn of_single(wish: Wish<'q>) -> Option<Self> {
        let operator = wish.test.operator.filter(|operator| operator.base != Base::Null)?;
        Some(Self { test: wish.test, hits: wish.passes != operator.negated, part: wish.part })
    }

    fn base(&self) -> Option<Base> {
        self.test.operator.map(|operator| operator.base)
    }

    fn is_typed(&self) -> bool {
        self.base().is_some_and(Base::is_typed)
    }
}

/// What the members of a list must be: each of them, and for each of `some` one.
#[derive(Default)]
struct Needs<'q> {
    each: Vec<Ask<'q>>,
    some: Vec<Ask<'q>>,
}

/// Candidates; `all` where there are no others that do.
struct Texts {
    found: Vec<Text>,
    all: bool,
}

struct Members {
    found: Option<Vec<Text>>,
    all: bool,
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

/// Whether a value of a test holds a variable that other keys decide.
pub(super) fn has_variables(test: &Test, policy: &Policy) -> bool {
    let takes = test.operator.is_some_and(|operator| operator.base.takes_variables());
    let holds = |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains("${"));
    let any = |text: &Text| text.pieces().is_some_and(|pieces| pieces.iter().any(holds));
    takes && !policy.reads_variables().is_false() && test.values.iter().any(|(value, _)| any(value))
}
