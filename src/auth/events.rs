//! The events of one call, for the application's log. They are collected during the call and told at its end, when
//! every lock has been given back: a log callback may take long.

use crate::log::{Level, LogHook};
use crate::text::{self, LINE_MAX};

#[derive(Default)]
pub(super) struct Events(Vec<(Level, &'static str, String)>);

impl Events {
    pub(super) fn add(&mut self, level: Level, event: &'static str, text: impl FnOnce() -> String) {
        self.0.push((level, event, text::clean(text(), LINE_MAX)));
    }

    pub(super) fn tell(self, log: Option<&dyn LogHook>) {
        let Some(log) = log else { return };
        for (level, event, text) in self.0 {
            if log.wants(level) {
                log.event(level, event, &text);
            }
        }
    }
}
