//! One line of a stack trace, in every form that CDK's libraries write.

use std::borrow::Cow;

/// Longest path that a frame may have, in bytes; nobody's file lies deeper.
const PATH: usize = 4096;
/// Characters of a function's name that are kept.
const NAME: usize = 100;

/// A line of a program, as a trace names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read<'t> {
    /// `new AuthStack`; empty where the trace has none.
    pub(super) function: &'t str,
    /// The path on the machine that ran the program, from the root of a disk.
    pub(super) file: Cow<'t, str>,
    /// From 1.
    pub(super) line: u32,
    /// In UTF-16 units from 1; traces of Python have none.
    pub(super) column: Option<u32>,
}

/// Reads one entry of a trace; nothing where it is no line of the user's: a remark (`...aws-cdk-lib...`), a
/// library, something that has no file.
pub(super) fn read(entry: &str) -> Option<Read<'_>> {
    let entry = entry.trim();
    if entry.starts_with("...") || entry.starts_with("(no user code") {
        return None;
    }
    let entry = entry.strip_prefix("at ").unwrap_or(entry);
    // A path may hold ` (` too, the name of a function does not.
    let (function, location) = match entry.strip_suffix(')').and_then(|entry| entry.split_once(" (")) {
        // The last frames of an ES module are broken: `file:///app.mjs:5 (:)`.
        Some((whole, ":")) => ("", whole),
        Some((function, location)) if is_numbered(function) => {
            ("", if location.is_empty() { function } else { location })
        }
        Some((function, location)) => (function, location),
        None => ("", entry.strip_prefix("async ").unwrap_or(entry)),
    };
    let (file, line, column) = numbers(location)?;
    let file = local(file)?;
    let is_users = file.len() <= PATH && line > 0 && !is_library(&file);
    is_users.then(|| Read { function: clipped(function), file, line, column: column.filter(|column| *column > 0) })
}

fn clipped(name: &str) -> &str {
    name.char_indices().nth(NAME).map_or(name, |(at, _)| &name[..at])
}

/// Whether a text ends in the number of a line, as no function does.
fn is_numbered(text: &str) -> bool {
    text.contains("://") && numbers(text).is_some()
}

/// Path, line and column of `path:line:column` and `path:line`.
fn numbers(location: &str) -> Option<(&str, u32, Option<u32>)> {
    let location = location.trim_end_matches(':');
    let (rest, last) = number_at_end(location)?;
    match number_at_end(rest) {
        Some((path, line)) => Some((path, line, Some(last))),
        None => Some((rest, last, None)),
    }
}

fn number_at_end(text: &str) -> Option<(&str, u32)> {
    let (rest, number) = text.rsplit_once(':')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    // No file has a line of a number that large, nor a line 0.
    (is_number && !rest.is_empty()).then(|| (rest, number.parse().unwrap_or(0)))
}

/// The path of a file that lies somewhere; nothing for `<anonymous>`, `native`, `node:…` and the like.
fn local(file: &str) -> Option<Cow<'_, str>> {
    if let Some(url) = file.strip_prefix("file://") {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let path = decoded(path);
        // `file:///C:/app`
        let bytes = path.as_bytes();
        let drive = bytes.first() == Some(&b'/') && is_drive(&path[path.len().min(1)..]);
        return Some(if drive { Cow::Owned(path[1..].to_owned()) } else { path });
    }
    let absolute = file.starts_with(['/', '\\']) || is_drive(file);
    absolute.then_some(Cow::Borrowed(file))
}

fn is_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// A text without the percent signs of a URL; as it is where the bytes are no text.
fn decoded(url: &str) -> Cow<'_, str> {
    if !url.contains('%') {
        return Cow::Borrowed(url);
    }
    let mut bytes = Vec::with_capacity(url.len());
    let mut rest = url.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = (*byte == b'%').then(|| after.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit())).map(|hex| u8::from_str_radix(hex, 16))
        {
            Some(Ok(decoded)) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(url), Cow::Owned)
}

/// Parts of a path: of both systems, since a trace made on Windows is read the same everywhere.
pub fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> + Clone {
    path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".")
}

/// Whether a file belongs to a library, to the runtime of jsii or to the language itself.
fn is_library(file: &str) -> bool {
    let mut before = "";
    for part in parts(file) {
        let standard = matches!(before, "lib" | "lib64" | "Lib") && part.starts_with("python");
        if standard
            || matches!(part, "node_modules" | "site-packages" | "dist-packages")
            || part.starts_with("jsii-kernel-")
        {
            return true;
        }
        before = part;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entry: &str) -> Option<(String, String, u32, Option<u32>)> {
        let read = read(entry)?;
        Some((read.function.to_owned(), read.file.into_owned(), read.line, read.column))
    }

    fn at(function: &str, file: &str, line: u32, column: Option<u32>) -> Option<(String, String, u32, Option<u32>)> {
        Some((function.to_owned(), file.to_owned(), line, column))
    }

    #[test]
    fn every_form_of_a_frame() {
        let new = at("new TraceStack", "/app/lib/stack.ts", 26, Some(16));
        assert_eq!(of("new TraceStack (/app/lib/stack.ts:26:16)"), new);
        assert_eq!(of("    at new TraceStack (/app/lib/stack.ts:26:16)"), new);
        assert_eq!(of("<anonymous> (/app/bin/app.ts:5:1)"), at("<anonymous>", "/app/bin/app.ts", 5, Some(1)));
        assert_eq!(of("/app/bin/app.js:5:1"), at("", "/app/bin/app.js", 5, Some(1)));
        assert_eq!(of("async /app/bin/app.js:5:1"), at("", "/app/bin/app.js", 5, Some(1)));
        assert_eq!(of("Foo.bar [as baz] (/app/a.js:5:1)"), at("Foo.bar [as baz]", "/app/a.js", 5, Some(1)));
        assert_eq!(of("pool_role (/app/idapp/stack.py:11)"), at("pool_role", "/app/idapp/stack.py", 11, None));
        assert_eq!(of("<module> (/app/app.py:8)"), at("<module>", "/app/app.py", 8, None));
        assert_eq!(of("new X (/me/my app (1)/a.ts:7:2)"), at("new X", "/me/my app (1)/a.ts", 7, Some(2)));
        assert_eq!(of("/me/my app (1)/a.ts:7:2"), at("", "/me/my app (1)/a.ts", 7, Some(2)));
    }

    #[test]
    fn frames_of_es_modules_are_mended() {
        assert_eq!(of("file:///x/app.mjs:5 (:)"), at("", "/x/app.mjs", 5, None));
        assert_eq!(of("file:///x/app.mjs:4: (file:///x/app.mjs:4:1)"), at("", "/x/app.mjs", 4, Some(1)));
        assert_eq!(of("make (file:///x/app.mjs:4:9)"), at("make", "/x/app.mjs", 4, Some(9)));
        assert_eq!(of("file:///x/a%20b%2Fc.mjs:4:1"), at("", "/x/a b/c.mjs", 4, Some(1)));
        assert_eq!(of("file:///x/a%zz.mjs?t=1:4:1"), at("", "/x/a%zz.mjs", 4, Some(1)));
        assert_eq!(of("file:///C:/app/a.mjs:4:1"), at("", "C:/app/a.mjs", 4, Some(1)));
    }

    #[test]
    fn paths_of_windows() {
        assert_eq!(of("new S (C:\\me\\app\\lib\\s.ts:3:5)"), at("new S", "C:\\me\\app\\lib\\s.ts", 3, Some(5)));
        assert_eq!(of("\\\\host\\share\\s.ts:3:5"), at("", "\\\\host\\share\\s.ts", 3, Some(5)));
        assert_eq!(of("make (C:\\app\\s.py:3)"), at("make", "C:\\app\\s.py", 3, None));
        assert_eq!(of("new R (C:\\app\\node_modules\\aws-cdk-lib\\r.js:1:2)"), None);
    }

    #[test]
    fn what_is_no_line_of_the_user_is_passed_over() {
        for entry in [
            "...new Role2 in aws-cdk-lib...",
            "(no user code in 10 frames, use --stack-trace-limit to capture more)",
            "new Role (/app/node_modules/aws-cdk-lib/aws-iam/lib/role.js:1:7001)",
            "node:internal/main/run_main_module:28:49",
            "Module.load (node:internal/modules/cjs/loader:1266:32)",
            "internal/modules/cjs/loader.js:1063:30",
            "Array.map (<anonymous>)",
            "Array.forEach (:)",
            "eval (eval at <anonymous> (/app/x.js:1:1), <anonymous>:1:1)",
            "invoke (/venv/lib/python3.12/site-packages/jsii/_kernel/__init__.py:3)",
            "run_path (/usr/lib/python3.12/runpy.py:3)",
            "x (/tmp/jsii-kernel-ab/x.js:1:2)",
            "/app/a.ts",
            "/app/a.ts:0:1",
            "/app/a.ts:99999999999:1",
            "a.ts:1:2",
            ":1:2",
            "()",
            "",
        ] {
            assert_eq!(of(entry), None, "{entry}");
        }
        assert_eq!(of(&format!("/{}:1:2", "a".repeat(5000))), None);
    }
}
