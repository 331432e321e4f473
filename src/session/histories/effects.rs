//! `session::lead` itself, which stops at each effect on the world: it yields the effect, and is resumed with what came
//! of it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::super::{Decision, FlightIo, FlightOutcome, Purpose, lead};
use crate::error::Result;
use crate::record::Record;

/// What a leader wants done.
pub(super) enum Effect {
    Check,
    AskForPassword,
    TryLock,
    CheckLocked,
    LogIn,
    Finish(FlightOutcome),
    Record,
    Save(Record),
    /// It has come to its end.
    End(Result<()>),
}

/// A flight that is led, between two effects.
pub(super) struct Led {
    lead: Pin<Box<dyn Future<Output = Result<()>>>>,
    exchange: Rc<Exchange>,
}

#[derive(Default)]
struct Exchange {
    effect: RefCell<Option<Effect>>,
    reply: RefCell<Option<Box<dyn Any>>>,
    is_late: Cell<bool>,
}

impl Led {
    pub(super) fn new(purpose: Purpose) -> Self {
        let exchange = Rc::<Exchange>::default();
        let mut io = Yielding(Rc::clone(&exchange));
        Self { lead: Box::pin(async move { lead(&mut io, purpose).await }), exchange }
    }

    /// To the next effect. `reply` is what came of the last one; `None` before the first.
    pub(super) fn resume(&mut self, reply: Option<Box<dyn Any>>, is_late: bool) -> Effect {
        self.exchange.reply.replace(reply);
        self.exchange.is_late.set(is_late);
        match self.lead.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(led) => Effect::End(led),
            Poll::Pending => self.exchange.effect.take().expect("it waits for the reply to an effect"),
        }
    }
}

struct Yielding(Rc<Exchange>);

impl Yielding {
    async fn perform<T: 'static>(&self, effect: Effect) -> T {
        self.0.effect.replace(Some(effect));
        let reply = poll_fn(|_| self.0.reply.take().map_or(Poll::Pending, Poll::Ready)).await;
        *reply.downcast().expect("a reply to this effect")
    }
}

impl FlightIo for Yielding {
    type Lock = ();

    fn is_late(&self) -> bool {
        self.0.is_late.get()
    }

    async fn check(&mut self) -> Result<Decision> {
        self.perform(Effect::Check).await
    }

    async fn ask_for_password(&mut self) -> Result<()> {
        self.perform(Effect::AskForPassword).await
    }

    async fn try_lock(&mut self) -> Result<Option<()>> {
        self.perform(Effect::TryLock).await
    }

    async fn check_locked(&mut self, (): &mut ()) -> Result<Decision> {
        self.perform(Effect::CheckLocked).await
    }

    async fn log_in(&mut self, (): &mut ()) -> Result<FlightOutcome> {
        self.perform(Effect::LogIn).await
    }

    async fn finish(&mut self, outcome: FlightOutcome) -> Option<Record> {
        self.perform(Effect::Finish(outcome)).await
    }

    async fn record(&mut self) -> Record {
        self.perform(Effect::Record).await
    }

    async fn save(&mut self, (): &mut (), record: Record) {
        self.perform(Effect::Save(record)).await
    }
}
