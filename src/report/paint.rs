//! Colours, which never carry a meaning alone.

use crate::finding::Severity;

/// What a piece of text is; its colour follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Nothing special.
    Plain,
    /// What is read first.
    Strong,
    /// The severity and the faulty place.
    Severity(Severity),
    /// Places that explain.
    Related,
    /// Line numbers and the frame.
    Frame,
    /// The way out; also that all is well.
    Help,
}

impl Style {
    /// The parameters of its escape sequence. Only the sixteen colours, which follow the user's theme.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Severity(Severity::Error) => "1;91",
            Self::Severity(Severity::Warning) => "1;93",
            Self::Severity(Severity::Info) => "1;94",
            Self::Related => "96",
            Self::Frame => "94",
            Self::Help => "1;92",
        }
    }
}

/// Paints texts, or leaves them as they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    /// Whether there is any colour.
    pub(super) color: bool,
}

impl Paint {
    /// The text in this style.
    pub(super) fn text(self, style: Style, text: &str) -> String {
        if !self.color || style == Style::Plain || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{}m{text}\x1b[0m", style.code())
    }

    /// A row of single characters without the spaces at its end; neighbours of one style share one
    /// escape sequence.
    pub(super) fn cells(self, cells: &[(Style, char)]) -> String {
        let length = cells.iter().rposition(|(_, c)| *c != ' ').map_or(0, |last| last + 1);
        let runs = cells[..length].chunk_by(|(a, _), (b, _)| a == b);
        runs.map(|run| self.text(run[0].0, &run.iter().map(|(_, c)| c).collect::<String>())).collect()
    }
}
