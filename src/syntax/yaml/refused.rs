//! What the YAML crate refuses, said for people who do not know the terms of the grammar.

use std::borrow::Cow;

use granit_parser::ErrorKind;

/// What is wrong, for people who do not know the grammar's terms; `rest` is the text from there on.
pub(super) fn message(kind: &ErrorKind, rest: &str) -> Cow<'static, str> {
    match kind {
        ErrorKind::UnexpectedCharacter { character } => return unexpected(*character).into(),
        ErrorKind::UnclosedFlowCollection { open } => return format!("this '{open}' is never closed").into(),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            return format!("this '{open}' is closed by '{close}'").into();
        }
        _ => {}
    }
    let sentence = block_message(kind, rest)
        .or_else(|| flow_message(kind))
        .or_else(|| text_message(kind))
        .or_else(|| head_message(kind));
    sentence.unwrap_or("this is not YAML").into()
}

fn unexpected(character: char) -> String {
    if character.is_control() {
        format!("the control character U+{:04X} cannot stand in YAML", character as u32)
    } else {
        format!("'{character}' cannot begin a value without quotes")
    }
}

/// Keys, list items and their indentation.
fn block_message(kind: &ErrorKind, rest: &str) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::ExpectedBlockMappingKey if rest.starts_with('!') => {
            "a second tag: a value has at most one, so one of the two functions needs its long form"
        }
        ErrorKind::ExpectedBlockMappingKey if rest.starts_with("- ") => {
            "a list item where a key is expected; its indentation may be wrong"
        }
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::MappingKeyNotAllowed => {
            "expected a key of the mapping above; the indentation may be wrong"
        }
        ErrorKind::ExpectedBlockSequenceEntry => {
            "expected '-' for the next item of the list above; the indentation may be wrong"
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => "expected ':' after this key",
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            "a ':' where no key can end; a text with ': ' in it needs quotes"
        }
        ErrorKind::InvalidMappingValueWhitespace => "a ':' needs a space after it",
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => {
            "a list item cannot begin here"
        }
        ErrorKind::InvalidBlockEntryWhitespace => "a '-' needs a space after it",
        ErrorKind::UnexpectedEofBlockSequence | ErrorKind::UnexpectedEofBlockMapping => "the file ends inside a value",
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent => {
            "the indentation of this line fits none of the lines above"
        }
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            "a tab cannot indent YAML; it takes spaces"
        }
        ErrorKind::ExpectedNodeContent => "expected a value",
        _ => return None,
    })
}

/// What stands in brackets.
fn flow_message(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::ExpectedFlowMappingSeparator => "expected ',' or '}'",
        ErrorKind::ExpectedFlowSequenceSeparator => "expected ',' or ']'",
        ErrorKind::MisplacedFlowCollectionEnd => "this bracket closes nothing",
        ErrorKind::FlowMappingValueAdjacentCollection => "a ':' needs a space before a bracket",
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => "a '-' before a bracket or comma needs quotes",
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnexpectedEof => "the file ends inside a value",
        _ => return None,
    })
}

/// Texts with and without quotes.
fn text_message(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            "this quoted text is never closed"
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            "this line of a quoted text must be indented deeper than its key; a closing quote may be missing above"
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "text after a closing quote"
        }
        ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape => {
            "this quoted text has an escape that YAML does not know"
        }
        ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => "this quoted text has an escape that is no character",
        ErrorKind::TabInPlainScalar => "a tab cannot stand here; it takes spaces",
        ErrorKind::CommentInterceptedScalar => "a comment cannot stand between the lines of a text",
        ErrorKind::CommentNotSeparated => "a comment needs a space before its '#'",
        ErrorKind::ZeroBlockScalarIndent | ErrorKind::InvalidBlockScalarHeader => {
            "after '|' or '>' only a digit from 1 to 9, '+' or '-' can follow"
        }
        ErrorKind::TabAtBlockScalarStart => "a tab cannot indent YAML; it takes spaces",
        ErrorKind::InvalidBlockScalarIndent => "this line is indented less than the first line of its text",
        _ => return None,
    })
}

/// Documents, directives, tags and anchors.
fn head_message(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::ExpectedDocumentStart | ErrorKind::InvalidDocumentEnd => "text after the end of the document",
        ErrorKind::BomInsideDocument => "a byte order mark in the middle of the text",
        ErrorKind::UnsupportedYamlMajorVersion => "only YAML 1 can be read",
        ErrorKind::DuplicateVersionDirective | ErrorKind::DuplicateTagDirective => "this directive stands twice",
        ErrorKind::MissingDocumentEndBeforeDirective => "a directive in the middle of the document",
        ErrorKind::UndeclaredTagHandle => "nothing declares the beginning of this tag",
        ErrorKind::InvalidTagTerminator => "a tag needs a space after it",
        ErrorKind::UnclosedVerbatimTag => "this tag is never closed by '>'",
        ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidGlobalTagCharacter
        | ErrorKind::MissingTagUri
        | ErrorKind::InvalidTagEscape
        | ErrorKind::InvalidTagUtf8LeadingByte
        | ErrorKind::InvalidTagUtf8TrailingByte
        | ErrorKind::InvalidTagUtf8 => "this is not a tag",
        ErrorKind::MissingAnchorOrAliasName => "expected a name after '&' or '*'",
        ErrorKind::InvalidDirectiveTerminator
        | ErrorKind::MissingYamlVersionSeparator
        | ErrorKind::MissingYamlVersion
        | ErrorKind::YamlVersionTooLong
        | ErrorKind::MissingDirectiveName
        | ErrorKind::InvalidDirectiveName
        | ErrorKind::DirectiveByteLimitExceeded { .. }
        | ErrorKind::TooManyReservedDirectiveParams { .. }
        | ErrorKind::ExpectedTagDirectiveBang
        | ErrorKind::InvalidTagDirectiveTerminator => "this line begins with '%' but is no directive",
        _ => return None,
    })
}
