//! The names that the library exports, and the constants, one a line and sorted by their bytes.

use std::collections::BTreeSet;

use crate::{Header, Value};

/// `abi/personr.symbols`: what the linker exports, and nothing else.
#[must_use]
pub fn symbols(header: &Header) -> String {
    sorted(header.functions.iter().map(|function| function.name.clone()))
}

/// `abi/personr.constants`: names and numbers. No library holds them, so a tool for libraries finds no change of them.
#[must_use]
pub fn constants(header: &Header) -> String {
    let constants = header.constants.iter().filter(|constant| !constant.is_of_the_version());
    sorted(constants.filter_map(|constant| match constant.value {
        Value::Number(number) => Some(format!("{} {number}", constant.name)),
        Value::Text(_) => None,
    }))
}

fn sorted(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| line + "\n").collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::SMALL;

    #[test]
    fn names_are_sorted_and_the_version_is_left_out() {
        let more = SMALL.replace(
            "#define PERSONR_ONE -1",
            "#define PERSONR_ONE -1\n#define PERSONR_A_LATER 32768\n#define PERSONR_VERSION_MAJOR 1",
        );
        let more =
            more.replace("int32_t personr_bare(void);", "int32_t personr_bare(void);\nvoid personr_a_later(void);");
        let header = Header::parse(&more).expect("a header");
        assert_eq!(constants(&header), "PERSONR_A_LATER 32768\nPERSONR_ONE -1\n");
        assert_eq!(symbols(&header), "personr_a_later\npersonr_auth_run\npersonr_bare\n");
    }
}
