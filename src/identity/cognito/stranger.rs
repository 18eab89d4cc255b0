//! Requests of strangers: tokens of pools that are nobody's here. Whoever makes such a pool chooses its
//! id as far as AWS lets them, its providers, and everything that a caller chooses.

use super::desk::{Desk, Token};
use super::{Answer, Graph, Text, allowing, best, is_claim};
use crate::policy::{Base, Request, Statement, Test, statement_admits};
use crate::value::{Piece, Truth, conforms, overlaps};

/// A provider that anyone can put on a pool of their own.
const LOGIN: &str = "graph.facebook.com";

/// Requests that are tried for one policy; above it what was not found is Unknown.
const MOST_REQUESTS: usize = 2048;
/// Values that are tried for one key.
const MOST_VALUES: usize = 32;

/// Keys that the caller of STS fills as they like (STS API, AssumeRoleWithWebIdentity; IAM User Guide,
/// global condition keys).
const CHOSEN: [&str; 4] = ["sts:RoleSessionName", "aws:UserAgent", "aws:Referer", "aws:RequestedRegion"];

/// The two classes of strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strange {
    Guest,
    SignedIn,
}

impl Desk<'_> {
    /// The best that a stranger can do: for each Allow statement the requests that suit it.
    pub(super) fn foreign(&self, who: Strange) -> Answer {
        let nobody = Token {
            // Invariant: there is one; without any named, all are taken.
            principal: &self.principals[0],
            aud: &Text::symbol(self.graph.strangers.pool),
            identity: &Text::symbol(self.graph.strangers.identity),
            chosen: &[],
        };
        // Shows that nobody is let in, where nothing better is found.
        let mut answers = vec![self.answer(who, &nobody, &Text::known(LOGIN))];
        let mut tried = 0;
        for statement in allowing(self.policy) {
            self.suit(statement, who, &mut tried, &mut answers);
            if answers.iter().any(|answer| answer.truth.is_true()) {
                break;
            }
        }
        let best = best(answers);
        let missed = tried > MOST_REQUESTS && best.truth.is_false();
        Answer { truth: if missed { Truth::Unknown } else { best.truth }, ..best }
    }

    fn answer(&self, who: Strange, token: &Token<'_>, login: &Text) -> Answer {
        match who {
            Strange::Guest => self.guest(token),
            Strange::SignedIn => self.signed_in(token, login, &[]),
        }
    }

    /// Tries the requests that suit a statement until one is let in. Those that the statement itself
    /// refuses are not put to the others.
    fn suit(&self, statement: &Statement, who: Strange, tried: &mut usize, answers: &mut Vec<Answer>) {
        let strangers = &self.graph.strangers;
        let pools = self.ids(statement, "aud", strangers.pool);
        let identities = self.ids(statement, "sub", strangers.identity);
        let form = &self.graph.symbols.facts(strangers.pool).format;
        let chosen = chosen(statement);
        let logins = match who {
            Strange::Guest => vec![Text::known(LOGIN)],
            Strange::SignedIn => logins(statement, Text::symbol(strangers.login)),
        };
        for principal in &self.principals {
            for (aud, identity) in pools.iter().flat_map(|pool| identities.iter().map(move |id| (pool, id))) {
                let token = Token { principal, aud, identity, chosen: &chosen };
                for login in &logins {
                    *tried += 1;
                    if *tried > MOST_REQUESTS {
                        return;
                    }
                    if self.refuses(statement, who, &token, login) {
                        continue;
                    }
                    let answer = self.answer(who, &token, login);
                    // Whether there can be such a pool hangs on what is not known.
                    let is_id = [aud, identity].into_iter().all(|id| conforms(id, form, &self.graph.symbols));
                    let truth = if is_id || answer.truth.is_false() { answer.truth } else { Truth::Unknown };
                    answers.push(Answer { truth, ..answer });
                    if answers.last().is_some_and(|answer| answer.truth.is_true()) {
                        return;
                    }
                }
            }
        }
    }

    /// Whether a statement certainly refuses a stranger, with and without further members of `amr`.
    fn refuses(&self, statement: &Statement, who: Strange, token: &Token<'_>, login: &Text) -> bool {
        let requests = match who {
            Strange::Guest => vec![self.guest_request(token)],
            Strange::SignedIn => self.signed_in_requests(token, login).into(),
        };
        let admits = |request: &Request| statement_admits(statement, self.policy, request, &self.graph.symbols);
        requests.iter().all(|request| admits(request).is_false())
    }

    /// A stranger's value for a claim, and one inside each pattern that a statement tests it with.
    fn ids(&self, statement: &Statement, claim: &'static str, fresh: crate::value::SymbolId) -> Vec<Text> {
        let form = Text::symbol(self.graph.strangers.pool);
        let mut candidates = vec![Text::symbol(fresh)];
        for pattern in patterns(statement, |test| is_claim(test, claim)) {
            let inside = inside(pattern, self.graph).filter(|inside| overlaps(inside, &form, &self.graph.symbols));
            candidates.extend(inside.filter(|inside| !candidates.contains(inside)));
            if candidates.len() >= MOST_VALUES {
                break;
            }
        }
        candidates
    }
}

/// A stranger's id inside a pattern; nothing where the pattern has no wildcard, or names a whole id:
/// that is one pool, whatever stands around it.
pub(super) fn inside(pattern: &Text, graph: &Graph) -> Option<Text> {
    let strangers = &graph.strangers;
    let pieces = pattern.pieces()?;
    let is_pool = |piece: &Piece| match piece {
        Piece::Literal(literal) => holds_guid(literal),
        Piece::Symbol(id) => graph.pool(&Text::symbol(*id)).is_some(),
    };
    let wild = |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains(['*', '?']));
    if !pieces.iter().any(wild) || pieces.iter().any(is_pool) {
        return None;
    }
    let colon = |piece: &Piece| match piece {
        Piece::Literal(literal) => literal.contains(':'),
        Piece::Symbol(id) => graph.symbols.facts(*id).format.may_hold(':'),
    };
    let has_colon = pieces.iter().any(colon);
    let (mut out, mut past_colon) = (Vec::new(), false);
    for piece in &pieces {
        let Piece::Literal(literal) = piece else {
            past_colon |= colon(piece);
            out.push(piece.clone());
            continue;
        };
        for c in literal.chars() {
            match c {
                '*' if past_colon => out.push(Piece::Symbol(strangers.guid)),
                '*' if has_colon => out.push(Piece::Symbol(strangers.region)),
                '*' => {
                    out.extend([Piece::Symbol(strangers.region), literal_piece(":"), Piece::Symbol(strangers.guid)]);
                    past_colon = true;
                }
                '?' => out.push(literal_piece(if past_colon { "0" } else { "a" })),
                c => {
                    past_colon |= c == ':';
                    out.push(literal_piece(&c.to_string()));
                }
            }
        }
    }
    Some(Text::from_pieces(out))
}

fn literal_piece(text: &str) -> Piece {
    Piece::Literal(text.into())
}

/// Whether a text holds a whole number of a pool: 8-4-4-4-12 hexadecimal digits.
fn holds_guid(text: &str) -> bool {
    let groups = [8usize, 4, 4, 4, 12];
    let is_guid = |window: &[u8]| {
        let mut parts = window.split(|byte| *byte == b'-');
        let fits = groups
            .iter()
            .all(|len| parts.next().is_some_and(|part| part.len() == *len && part.iter().all(u8::is_ascii_hexdigit)));
        fits && parts.next().is_none()
    };
    text.as_bytes().windows(36).any(is_guid)
}

/// The patterns that a statement tests some keys with.
fn patterns(statement: &Statement, of: impl Fn(&Test) -> bool) -> impl Iterator<Item = &Text> {
    let like = |test: &&Test| test.operator.is_some_and(|operator| operator.base == Base::StringLike);
    let tests = statement.conditions.tests.iter().filter(like).filter(move |test| of(test));
    tests.flat_map(|test| test.values.iter().map(|(value, _)| value))
}

/// For the keys that a caller chooses, the first value that each test of a statement asks for.
fn chosen(statement: &Statement) -> Vec<(String, Text)> {
    let mut chosen: Vec<(String, Text)> = Vec::new();
    for test in &statement.conditions.tests {
        let Some(key) = test.key.as_known().filter(|key| CHOSEN.iter().any(|own| own.eq_ignore_ascii_case(key))) else {
            continue;
        };
        let asks = test.operator.is_some_and(|operator| !operator.negated && operator.base != Base::Null);
        let value = test.values.iter().find_map(|(value, _)| value.as_known()).filter(|_| asks);
        let value = value.map_or("session".to_owned(), |value| value.replace(['*', '?'], "a"));
        if !chosen.iter().any(|(own, _)| own.eq_ignore_ascii_case(key)) {
            chosen.push((key.to_owned(), Text::known(value)));
        }
    }
    chosen
}

/// Sign-in providers that a stranger may choose: those that a statement names, one that anyone can use, and
/// where a name is not known, one of which nothing is known.
fn logins(statement: &Statement, unknown: Text) -> Vec<Text> {
    let mut logins = vec![Text::known(LOGIN)];
    let tests = statement.conditions.tests.iter().filter(|test| is_claim(test, "amr"));
    for (value, _) in tests.flat_map(|test| &test.values) {
        let Some(text) = value.as_known() else {
            if !logins.contains(&unknown) {
                logins.push(unknown.clone());
            }
            continue;
        };
        let is_like = text.contains(['*', '?']);
        // What follows a colon is a further member, of which nothing is documented.
        let name = text.split(':').next().filter(|_| is_like || text.starts_with("cognito-idp.")).unwrap_or(text);
        let login = Text::known(name.replace(['*', '?'], "a"));
        let is_word = matches!(text, "authenticated" | "unauthenticated" | "");
        let is_name = name.chars().all(|c| is_of_name(c) || matches!(c, '*' | '?'));
        if !is_word && is_name && !logins.contains(&login) && logins.len() < MOST_VALUES {
            logins.push(login);
        }
    }
    logins
}

/// Whether the name of a provider may hold a character (Cognito identity pools API, DeveloperProviderName,
/// CognitoIdentityProviderName and ARNString).
fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '/' | '-' | '+' | '=' | ',' | '@')
}

#[cfg(test)]
mod tests {
    use super::holds_guid;

    #[test]
    fn whole_ids_in_patterns() {
        assert!(holds_guid("us-east-1:11111111-2222-3333-4444-555555555555*"));
        assert!(!holds_guid("us-east-1:11111111-2222-*"));
        assert!(!holds_guid("us-east-1:11111111-2222-3333-4444-55555555555g"));
    }
}
