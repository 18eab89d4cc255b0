//! The texts that fit what some tests ask for and not what others do: one of a form, or several in a list.

use super::key::{Keys, Wish};
use super::space::Part;
use crate::policy::condition::value_hits;
use crate::policy::evaluate::Asking;
use crate::policy::operator::{Base, Quantifier};
use crate::policy::wanted::{self, Wanted};
use crate::policy::{Test, typed};
use crate::value::{Form, Found, Pattern, Search, Text, Truth, marks};

impl<'q> Keys<'q> {
    /// What further members of a list must be, and which must be among them.
    pub(super) fn needs(&self, wishes: &[Wish<'q>], always: &[Text]) -> Needs<'q> {
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
    pub(super) fn members(
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

    pub(super) fn meets_asks(&self, asks: &[Ask<'q>], text: &Text) -> Truth {
        Truth::all(asks.iter().map(|ask| self.hits(*ask, text)))
    }

    /// Whether one of some tests names the only texts that it lets through, and the others let none of these through:
    /// two ids of the template, which no search tells apart.
    pub(super) fn refuses_all_named(&self, asks: &[Ask<'q>]) -> bool {
        asks.iter().any(|ask| {
            let named = ask.test.values.iter().map(|(text, _)| self.names_only(*ask, text).then_some(text));
            let named: Option<Vec<&Text>> = if ask.hits { named.collect() } else { None };
            named.is_some_and(|named| named.iter().all(|text| self.meets_asks(asks, text).is_false()))
        })
    }

    /// Whether a value of a test is the only text that it lets through.
    fn names_only(&self, ask: Ask<'q>, value: &Text) -> bool {
        let is_plain =
            matches!(ask.base(), Some(Base::StringEquals | Base::StringLike | Base::Arn)) && ask.part.is_none();
        let asking = Asking::new(self.policy, &self.request, self.symbols);
        let wanted = ask.test.operator.filter(|_| is_plain).map(|operator| wanted::read(operator, value, &asking));
        let Some(Wanted::Marks(wanted)) = wanted else { return false };
        let pattern = Pattern::new(&wanted);
        !pattern.is_wild() && !self.may_be_wild(&pattern, &ask) && marks(value).is_some_and(|own| own == wanted)
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
    pub(super) fn texts(&self, asks: &[Ask<'q>], (forms, except): (&[Form], &[Text]), work: &mut usize) -> Texts {
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
        let Some((mut exact, mut wide)) = self.searches(asks, form, work) else {
            return Texts { found: Vec::new(), all: true };
        };
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
                let opened = form.opened(self.symbols);
                if wide == exact && opened == *form {
                    return Texts { found: Vec::new(), all: true };
                }
                let found = wide.find(&opened, self.symbols, work);
                self.gave_up.set(self.gave_up.get() || found == Found::GaveUp);
                Texts { found: Vec::new(), all: found == Found::Nothing }
            }
        }
    }

    /// The search for texts that certainly fit, and one that takes in all that may; nothing where certainly none does.
    fn searches(&self, asks: &[&Ask<'q>], form: &Form, work: &mut usize) -> Option<(Search, Search)> {
        let mut reads: Vec<(&Ask<'q>, Patterns)> = Vec::new();
        for ask in asks {
            let mut read = self.patterns(ask);
            if ask.hits {
                // Of many values few speak of this form.
                read.patterns.retain(|pattern| !form.is_apart(pattern));
                if read.patterns.is_empty() && !read.open {
                    return None;
                }
            }
            reads.push((ask, read));
        }
        let (mut exact, mut wide) = (Search::default(), Search::default());
        exact.outside.extend(form.without().iter().cloned());
        wide.outside.extend(form.without().iter().filter(|own| own.symbols().next().is_none()).cloned());
        for (ask, mut read) in reads {
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
        Some((exact, wide))
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
pub(super) struct Ask<'q> {
    test: &'q Test,
    pub(super) hits: bool,
    /// It speaks of this part of the text.
    pub(super) part: Option<&'q Part>,
}

impl<'q> Ask<'q> {
    /// What a wish asks of a text that is not empty; nothing where it asks for presence only.
    pub(super) fn of_single(wish: Wish<'q>) -> Option<Self> {
        let operator = wish.test.operator.filter(|operator| operator.base != Base::Null)?;
        Some(Self { test: wish.test, hits: wish.passes != operator.negated, part: wish.part })
    }

    fn base(&self) -> Option<Base> {
        self.test.operator.map(|operator| operator.base)
    }

    pub(super) fn is_typed(&self) -> bool {
        self.base().is_some_and(Base::is_typed)
    }
}

/// What the members of a list must be: each of them, and for each of `some` one.
#[derive(Default)]
pub(super) struct Needs<'q> {
    each: Vec<Ask<'q>>,
    some: Vec<Ask<'q>>,
}

/// Candidates; `all` where there are no others that do.
pub(super) struct Texts {
    pub(super) found: Vec<Text>,
    pub(super) all: bool,
}

pub(super) struct Members {
    pub(super) found: Option<Vec<Text>>,
    pub(super) all: bool,
}
