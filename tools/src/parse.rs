//! The lines of the header: directives, comments, and declarations, which end with a semicolon at the end of a line.

use std::mem;

use crate::declaration::declare;
use crate::header::{Constant, Header, Value};
use crate::{Comment, Error, nullability};

pub(crate) fn header(text: &str) -> Result<Header, Error> {
    let mut parser = Parser { lines: text.lines().collect(), ..Parser::default() };
    while let Some(line) = parser.peek() {
        parser.piece(line)?;
    }
    parser.no_comment_is_left()?;
    if parser.stage != Stage::Ended {
        return Err(parser.error("the header ends before the #endif of its guard"));
    }
    Ok(parser.header)
}

/// How far the header is. Types and constants may stand inside and outside of `extern "C"`, functions only inside.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    BeforeGuard,
    Guarded,
    ExternC,
    AfterExternC,
    /// The annotations are ended, which is asked for if they were begun.
    BeforeEnd,
    Ended,
}

#[derive(Default)]
struct Parser<'a> {
    lines: Vec<&'a str>,
    /// How many of them are behind us: the number of the last one.
    at: usize,
    stage: Stage,
    /// The name of the guard.
    guard: &'a str,
    /// Of the declaration that follows, with the line that it ended at.
    comment: Option<(Comment, usize)>,
    header: Header,
}

impl<'a> Parser<'a> {
    fn piece(&mut self, line: &'a str) -> Result<(), Error> {
        match line {
            _ if self.stage == Stage::Guarded && self.takes(nullability::BEGINNING) => {
                self.header.is_annotated = true;
                self.no_comment_is_left()
            }
            _ if self.stage == Stage::AfterExternC && self.takes(nullability::END) => {
                self.stage = Stage::BeforeEnd;
                self.no_comment_is_left()
            }
            "" => {
                self.at += 1;
                self.no_comment_is_left()
            }
            "/**" => self.doc_comment(),
            "/*" if self.at == 0 => {
                self.header.overview = self.comment_lines()?.iter().map(|&line| line.to_owned()).collect();
                Ok(())
            }
            _ if line.starts_with("/*") => Err(self.error_at_next("a comment that belongs to no declaration")),
            _ if line.starts_with("#define ") && self.stage != Stage::BeforeGuard => self.constant(line),
            _ if line.starts_with('#') => self.directive(line),
            _ => self.declaration(),
        }
    }

    fn peek(&self) -> Option<&'a str> {
        self.lines.get(self.at).copied()
    }

    fn next(&mut self) -> Result<&'a str, Error> {
        let line = self.peek().ok_or_else(|| self.error("the header ends too early"))?;
        self.at += 1;
        Ok(line)
    }

    /// Takes these lines, if they are the next ones.
    fn takes(&mut self, block: &str) -> bool {
        let is_next =
            self.lines.get(self.at..).is_some_and(|rest| block.lines().zip(rest).all(|(line, next)| line == *next));
        if is_next {
            self.at += block.lines().count();
        }
        is_next
    }

    /// In the line that was read last.
    fn error(&self, message: &str) -> Error {
        Error::new(self.at, message)
    }

    fn error_at_next(&self, message: &str) -> Error {
        Error::new(self.at + 1, message)
    }

    fn no_comment_is_left(&self) -> Result<(), Error> {
        match &self.comment {
            Some((_, line)) => Err(Error::new(*line, "nothing follows on this comment")),
            None => Ok(()),
        }
    }

    /// The comment of a declaration that stands here, if there is one.
    fn comment(&mut self) -> Comment {
        mem::take(&mut self.comment).map(|(comment, _)| comment).unwrap_or_default()
    }

    fn doc_comment(&mut self) -> Result<(), Error> {
        self.no_comment_is_left()?;
        let first = self.at + 2;
        let lines = self.comment_lines()?;
        self.comment = Some((Comment::parse(&lines, first)?, self.at));
        Ok(())
    }

    /// The lines between the first and the last one of a comment, without their asterisks.
    fn comment_lines(&mut self) -> Result<Vec<&'a str>, Error> {
        self.next()?;
        let mut lines = Vec::new();
        loop {
            let line = self.next()?;
            if line == " */" {
                return Ok(lines);
            }
            let text = line.strip_prefix(" *").map(|rest| (rest, rest.strip_prefix(' ')));
            match text {
                Some((_, Some(text))) => lines.push(text),
                Some(("", None)) => lines.push(""),
                _ => return Err(self.error("a line of a comment begins with an asterisk and a blank")),
            }
            if line.contains("*/") {
                return Err(self.error("a comment ends on a line of its own"));
            }
        }
    }

    fn constant(&mut self, line: &str) -> Result<(), Error> {
        self.at += 1;
        let comment = self.comment();
        let (name, value) = line
            .strip_prefix("#define ")
            .and_then(|line| line.split_once(' '))
            .ok_or_else(|| self.error("a constant without a value"))?;
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if !name.strip_prefix("PERSONR_").is_some_and(|rest| !rest.is_empty() && is_name(rest)) {
            return Err(self.error(&format!("\"{name}\" is no name of a constant")));
        }
        if self.header.constants.iter().any(|constant| constant.name == name) {
            return Err(self.error(&format!("\"{name}\" is defined twice")));
        }
        let value = value_of(value).ok_or_else(|| self.error(&format!("the value of {name} is not understood")))?;
        let constant = Constant { comment, name: name.to_owned(), value };
        // A change of its number is a break of the interface, so it must be one that a tool can see.
        if !constant.is_of_the_version() && !matches!(constant.value, Value::Number(_)) {
            return Err(self.error(&format!("{name} is not a number")));
        }
        self.header.constants.push(constant);
        Ok(())
    }

    fn directive(&mut self, line: &'a str) -> Result<(), Error> {
        self.no_comment_is_left()?;
        self.at += 1;
        let words: Vec<_> = line.split_whitespace().collect();
        match (self.stage, &*words) {
            (Stage::BeforeGuard, ["#ifndef", guard]) => {
                if self.next()? != format!("#define {guard}") {
                    return Err(self.error("the guard is not defined where it is asked for"));
                }
                (self.guard, self.stage) = (guard, Stage::Guarded);
            }
            (Stage::Guarded, ["#include", _]) => {}
            (Stage::Guarded | Stage::ExternC, ["#ifdef", "__cplusplus"]) => self.extern_c()?,
            (Stage::AfterExternC, ["#endif", "/*", guard, "*/"])
                if *guard == self.guard && !self.header.is_annotated =>
            {
                self.stage = Stage::Ended;
            }
            (Stage::BeforeEnd, ["#endif", "/*", guard, "*/"]) if *guard == self.guard && self.header.is_annotated => {
                self.stage = Stage::Ended;
            }
            _ => return Err(self.error(&format!("\"{line}\" is not understood here"))),
        }
        Ok(())
    }

    /// The beginning or the end of `extern "C"`, which C++ alone reads.
    fn extern_c(&mut self) -> Result<(), Error> {
        self.stage = match (self.stage, self.next()?) {
            (Stage::Guarded, "extern \"C\" {") => Stage::ExternC,
            (Stage::ExternC, "}  // extern \"C\"") => Stage::AfterExternC,
            _ => return Err(self.error("neither the beginning nor the end of extern \"C\"")),
        };
        if !self.next()?.split_whitespace().eq(["#endif", "/*", "__cplusplus", "*/"]) {
            return Err(self.error("more than extern \"C\" is for C++ alone"));
        }
        Ok(())
    }

    fn declaration(&mut self) -> Result<(), Error> {
        let first = self.at + 1;
        let mut lines = Vec::new();
        loop {
            let line = self.next()?;
            lines.push(line);
            if line.ends_with(';') {
                break;
            }
            if line.is_empty() || line.starts_with(['#', '/']) {
                return Err(Error::new(first, "a declaration without a semicolon"));
            }
        }
        let functions = self.header.functions.len();
        let comment = self.comment();
        declare(&mut self.header, comment, &lines.join("\n"), first)?;
        let is_placed = match self.stage {
            Stage::Guarded => self.header.functions.len() == functions,
            Stage::ExternC => true,
            Stage::BeforeGuard | Stage::AfterExternC | Stage::BeforeEnd | Stage::Ended => false,
        };
        if is_placed { Ok(()) } else { Err(Error::new(first, "a declaration outside of the guard or extern \"C\"")) }
    }
}

fn value_of(text: &str) -> Option<Value> {
    if let Ok(number) = text.parse() {
        return Some(Value::Number(number));
    }
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'))?;
    Some(Value::Text(text.to_owned())).filter(|_| !text.contains(['"', '\\']))
}

#[cfg(test)]
pub(crate) mod tests;
