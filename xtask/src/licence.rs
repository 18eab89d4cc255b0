//! Licence expressions as crates write them (SPDX, and the old `A/B` for `A OR B`).

/// Whether an expression can be met with these licences alone.
///
/// ```
/// use xtask::licence::is_met;
///
/// let allowed = ["MIT", "Unicode-3.0"];
/// assert_eq!(is_met("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed), Ok(true));
/// assert_eq!(is_met("Apache-2.0 AND MIT", &allowed), Ok(false));
/// ```
///
/// # Errors
/// What about the expression cannot be read.
pub fn is_met<S: AsRef<str>>(expression: &str, allowed: &[S]) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed: &|name| allowed.iter().any(|licence| licence.as_ref() == name) };
    let met = reader.any_of()?;
    match reader.words {
        [] => Ok(met),
        [word, ..] => Err(format!("'{word}' is not expected in '{expression}'")),
    }
}

struct Reader<'w> {
    words: &'w [&'w str],
    allowed: &'w dyn Fn(&str) -> bool,
}

impl<'w> Reader<'w> {
    /// `A OR B`, which binds less than `AND`.
    fn any_of(&mut self) -> Result<bool, String> {
        let mut met = self.all_of()?;
        while self.takes("OR") {
            met |= self.all_of()?;
        }
        Ok(met)
    }

    fn all_of(&mut self) -> Result<bool, String> {
        let mut met = self.one()?;
        while self.takes("AND") {
            met &= self.one()?;
        }
        Ok(met)
    }

    /// A licence, with its exception if it has one, or an expression in brackets.
    fn one(&mut self) -> Result<bool, String> {
        if self.takes("(") {
            let met = self.any_of()?;
            return if self.takes(")") { Ok(met) } else { Err("a bracket is not closed".to_owned()) };
        }
        let name = self.name()?;
        if self.takes("WITH") {
            let exception = self.name()?;
            return Ok((self.allowed)(&format!("{name} WITH {exception}")));
        }
        Ok((self.allowed)(name))
    }

    fn name(&mut self) -> Result<&'w str, String> {
        match self.words {
            [] => Err("it ends too early".to_owned()),
            ["OR" | "AND" | "WITH" | "(" | ")", ..] => Err(format!("'{}' is no licence", self.words[0])),
            [name, rest @ ..] => {
                self.words = rest;
                Ok(name)
            }
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        match self.words {
            [first, rest @ ..] if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_met;

    const ALLOWED: [&str; 3] = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];

    #[test]
    fn or_and_brackets_and_exceptions() {
        let met = |expression| is_met(expression, &ALLOWED).unwrap();
        assert!(met("MIT"));
        assert!(met("GPL-3.0/MIT"));
        assert!(met("GPL-3.0 OR MIT"));
        assert!(met("Apache-2.0 WITH LLVM-exception OR GPL-3.0"));
        assert!(met("GPL-3.0 AND MIT OR MIT"));
        assert!(met("MIT AND (GPL-3.0 OR Apache-2.0)"));
        assert!(!met("GPL-3.0"));
        assert!(!met("GPL-3.0 AND MIT"));
        assert!(!met("MIT WITH Classpath-exception-2.0"));
        assert!(!met("(MIT OR Apache-2.0) AND GPL-3.0"));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for expression in ["", "MIT OR", "(MIT", "MIT)", "MIT Apache-2.0", "OR MIT", "MIT WITH"] {
            assert!(is_met(expression, &ALLOWED).is_err(), "{expression}");
        }
    }
}
