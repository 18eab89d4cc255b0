//! Whether one role may change what others may not.

use crate::identity::{Graph, Held, Permission, RoleId, access};
use crate::policy::{Actions, Resources, actions_match};
use crate::value::{Branch, Piece, Text, Truth};

/// What a comparison of roles comes to.
pub(super) enum Excess<'g> {
    /// The role certainly may call this action, and none of the others may.
    More(Box<Permission<'g>>, String),
    /// All that it may change, one of the others may change, too.
    None,
    /// That is not decided.
    Unknown,
}

/// Actions that are tried in one comparison.
const MOST_ACTIONS: usize = 500;

/// Actions that are tried in all comparisons of one rule.
pub(super) const MOST_TRIES: usize = 20_000;

/// Compares a role with others in a branch, by what they may change: actions that write, tag or give permissions.
pub(super) fn excess<'g>(
    graph: &Graph,
    held: &Held<'g>,
    role: RoleId,
    others: &[RoleId],
    when: &Branch,
    tries: &mut usize,
) -> Excess<'g> {
    let mut left = MOST_ACTIONS.min(*tries);
    let mut decided = !graph.role(role).permitted_elsewhere;
    for own in held.allowing(role, when) {
        let Resources::Only(resources) = &own.statement.resources else {
            decided = false;
            continue;
        };
        let (actions, all_known) = actions_of(&own.statement.actions);
        decided &= all_known;
        for action in actions {
            for (resource, _) in resources {
                if left == 0 {
                    return Excess::Unknown;
                }
                left -= 1;
                *tries -= 1;
                let resource = one_of(resource);
                let may = others.iter().map(|other| held.may(*other, &own.when, &action, &resource));
                match (Truth::any(may), held.surely(role, &own.when, &action, &resource)) {
                    (Truth::False, Some(permission)) => return Excess::More(Box::new(permission), action),
                    (Truth::True, _) => {}
                    _ => decided = false,
                }
            }
        }
    }
    if decided { Excess::None } else { Excess::Unknown }
}

/// The changing actions of a statement, and whether those are all: what `NotAction` leaves is tried as far as it goes.
fn actions_of(actions: &Actions) -> (Vec<String>, bool) {
    match actions {
        Actions::Only(patterns) => {
            let known: Vec<&str> = patterns.iter().filter_map(|(pattern, _)| pattern.as_known()).collect();
            let all_known = known.len() == patterns.len();
            (known.into_iter().flat_map(telling).collect(), all_known)
        }
        Actions::AllBut(_) => {
            let left = telling("*").into_iter().filter(|action| actions_match(actions, action).is_true());
            (left.take(MOST_ACTIONS).collect(), false)
        }
        _ => (Vec::new(), false),
    }
}

/// The changing actions that a pattern stands for, those first that say most of what a role may do.
fn telling(pattern: &str) -> Vec<String> {
    let mut actions: Vec<String> = access::writes(pattern).filter(|action| !access::is_own(action)).collect();
    let rank =
        |text: &str, wanted: &[&str]| wanted.iter().position(|one| text.starts_with(one)).unwrap_or(wanted.len());
    actions.sort_by_cached_key(|action| {
        let (service, name) = action.split_once(':').unwrap_or_default();
        (rank(service, &["iam", "s3", "dynamodb", "lambda"]), rank(name, &["Put", "Delete", "Create", "Update"]))
    });
    actions
}

/// One resource of those that a pattern stands for: of `*` nothing is known.
fn one_of(pattern: &Text) -> Text {
    let Some(pieces) = pattern.pieces().filter(|_| pattern.as_known() != Some("*")) else {
        return Text::Any(crate::value::Why::Deployment("a resource".into()));
    };
    Text::from_pieces(pieces.into_iter().map(|piece| match piece {
        Piece::Literal(literal) => Piece::Literal(literal.replace(['*', '?'], "x").into()),
        symbol => symbol,
    }))
}
