//! Things by a text of theirs, of which parts may be unknown: asked without comparing each with each.

use std::collections::HashMap;

use super::{Symbols, Text, Truth, compare};

/// Things by their texts.
#[derive(Debug)]
pub struct Lookup<'g, T> {
    same: HashMap<&'g Text, Vec<&'g T>>,
    known: Vec<(&'g Text, &'g T)>,
    symbols: Vec<(&'g Text, &'g T)>,
    vague: Vec<(&'g Text, &'g T)>,
}

/// What is known of a text. Two different known texts, and two different symbols of what is made, are never one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Known,
    Made,
    Vague,
}

fn sort(text: &Text, symbols: &Symbols) -> Sort {
    match text {
        Text::Known(_) => Sort::Known,
        _ if text.as_symbol().is_some_and(|id| symbols.facts(id).unique) => Sort::Made,
        _ => Sort::Vague,
    }
}

impl<'g, T> Lookup<'g, T> {
    /// Sorts things by their texts, in their order.
    pub fn new(things: impl Iterator<Item = (&'g Text, &'g T)>, symbols: &Symbols) -> Self {
        let mut all = Self { same: HashMap::new(), known: Vec::new(), symbols: Vec::new(), vague: Vec::new() };
        for (text, thing) in things {
            all.same.entry(text).or_default().push(thing);
            match sort(text, symbols) {
                Sort::Known => all.known.push((text, thing)),
                Sort::Made => all.symbols.push((text, thing)),
                Sort::Vague => all.vague.push((text, thing)),
            }
        }
        all
    }

    /// Those whose text is certainly this one.
    pub fn same(&self, text: &Text) -> &[&'g T] {
        match text {
            Text::Any(_) => &[],
            _ => self.same.get(text).map(Vec::as_slice).unwrap_or_default(),
        }
    }

    /// Those whose text may be this one without being certainly so.
    pub fn perhaps<'l>(&'l self, text: &'l Text, symbols: &'l Symbols) -> impl Iterator<Item = &'g T> + 'l {
        let own = sort(text, symbols);
        let lists = [(Sort::Known, &self.known), (Sort::Made, &self.symbols), (Sort::Vague, &self.vague)];
        let may_be = move |(sort, _): &(Sort, &Vec<_>)| own == Sort::Vague || *sort != own;
        let all = lists.into_iter().filter(may_be).flat_map(|(_, list)| list);
        all.filter(move |(other, _)| compare(other, text, symbols) == Truth::Unknown).map(|(_, thing)| *thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Format, SymbolFacts, Why};

    #[test]
    fn what_is_and_what_may_be() {
        let mut symbols = Symbols::default();
        let mut add = |name: &str, unique: bool| {
            let format = Format::any();
            Text::symbol(symbols.add(SymbolFacts { name: name.into(), format, unique, fresh: false }))
        };
        let texts = [add("made", true), add("other", true), add("given", false), Text::known("a"), Text::known("b")];
        let numbers = [0, 1, 2, 3, 4];
        let all = Lookup::new(texts.iter().zip(&numbers), &symbols);
        for (at, text) in texts.iter().enumerate() {
            assert_eq!(all.same(text), [&at]);
            let asked: Vec<usize> = all.perhaps(text, &symbols).copied().collect();
            // The same as comparing each with each.
            let each = texts.iter().enumerate();
            let unknown = each.filter(|(_, other)| compare(other, text, &symbols) == Truth::Unknown).map(|(at, _)| at);
            let mut asked_in_order = asked.clone();
            asked_in_order.sort_unstable();
            assert_eq!(asked_in_order, unknown.collect::<Vec<usize>>(), "{text:?}");
        }
        let any = Text::Any(Why::Bound);
        assert!(all.same(&any).is_empty());
        assert_eq!(all.perhaps(&any, &symbols).count(), 5);
    }
}
