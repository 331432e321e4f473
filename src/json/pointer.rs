//! JSON pointers (RFC 6901).

use crate::error::{Error, Result};

/// A pointer that is well-formed.
#[derive(Clone, Copy)]
pub(crate) struct Pointer<'p>(&'p str);

/// One step of a pointer: the name of a member, or the number of an element.
#[derive(Clone, Copy)]
pub(super) struct Token<'p>(&'p str);

impl<'p> Pointer<'p> {
    pub(crate) fn parse(text: &'p str) -> Result<Self> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(Error::argument("pointer", "it is neither empty nor begins with \"/\""));
        }
        let is_escape = |behind: &str| behind.starts_with(['0', '1']);
        if !text.split('~').skip(1).all(is_escape) {
            return Err(Error::argument("pointer", "behind \"~\" there is neither \"0\" nor \"1\""));
        }
        Ok(Self(text))
    }

    pub(super) fn tokens(self) -> impl Iterator<Item = Token<'p>> {
        self.0.split('/').skip(1).map(Token)
    }
}

impl Token<'_> {
    /// As the name of a member.
    pub(super) fn name(&self) -> impl Iterator<Item = char> {
        let mut characters = self.0.chars();
        std::iter::from_fn(move || match characters.next()? {
            '~' => characters.next().map(|digit| if digit == '0' { '~' } else { '/' }),
            character => Some(character),
        })
    }

    /// As the number of an element: digits without a zero before them.
    pub(super) fn number(&self) -> Option<usize> {
        let is_number = self.0 == "0" || !self.0.starts_with('0');
        (is_number && self.0.bytes().all(|byte| byte.is_ascii_digit())).then(|| self.0.parse().ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_empty_or_begins_with_a_slash_and_its_tildes_are_escapes() {
        for good in ["", "/", "//", "/a", "/a~0b~1", "/~01", "/ ", "/\u{e4}", "/-", "/01"] {
            assert!(Pointer::parse(good).is_ok(), "{good}");
        }
        for bad in ["a", "a/b", " /a", "#/a", "/~", "/a~", "/~2", "/a/~/b", "/~~0", "~"] {
            let error = Pointer::parse(bad).err().expect(bad);
            assert!(error.message().starts_with("pointer: ") && error.reason() == "argument", "{error}");
        }
    }

    #[test]
    fn tildes_are_read_from_left_to_right() {
        let names = |pointer| -> Vec<String> {
            Pointer::parse(pointer).expect("a pointer").tokens().map(|token| token.name().collect()).collect()
        };
        assert_eq!(names(""), [""; 0]);
        assert_eq!(names("/"), [""]);
        assert_eq!(names("/a//b"), ["a", "", "b"]);
        assert_eq!(names("/~01/~1~0/m~0n"), ["~1", "/~", "m~n"]);
    }

    #[test]
    fn numbers_have_no_zeroes_before_them() {
        for (token, number) in [("0", Some(0)), ("7", Some(7)), ("10", Some(10)), ("999999", Some(999_999))] {
            assert_eq!(Token(token).number(), number);
        }
        for token in ["", "-", "-1", "+1", "01", "00", "1.0", "1e1", " 1", "\u{661}", "99999999999999999999"] {
            assert_eq!(Token(token).number(), None, "{token}");
        }
    }
}
