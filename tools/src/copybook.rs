//! `bindings/cobol/PERSONR.cpy`: the constants for COBOL, in which a name has hyphens and a constant is an item of level 78.
//!
//! Its lines are read alike in fixed format, in which `*` in column 7 makes a comment and nothing behind column 72 counts,
//! and in free format, in which `*>` does.

use crate::{Header, Value};

const BEGINNING: &str = "      *> The constants of personr.h, which says what they mean.
      *> Made from it by make header.
";

/// The text of that file.
#[must_use]
pub fn constants(header: &Header) -> String {
    let width = header.constants.iter().map(|constant| constant.name.len()).max().unwrap_or_default();
    let line = |name: &str, value: &Value| {
        let value = match value {
            Value::Number(number) => number.to_string(),
            Value::Text(text) => format!("\"{text}\""),
        };
        format!("       78 {:width$} VALUE {value}.\n", name.replace('_', "-"))
    };
    let lines = header.constants.iter().map(|constant| line(&constant.name, &constant.value));
    std::iter::once(BEGINNING.to_owned()).chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::SMALL;

    #[test]
    fn texts_and_numbers_are_items_of_level_78() {
        let text = constants(&Header::parse(SMALL).expect("a header"));
        let expected = "       78 PERSONR-VERSION        VALUE \"1.2.3\".
       78 PERSONR-VERSION-NUMBER VALUE 10203.
       78 PERSONR-ONE            VALUE -1.
";
        assert_eq!(text.strip_prefix(BEGINNING).expect("the comment"), expected);
    }
}
