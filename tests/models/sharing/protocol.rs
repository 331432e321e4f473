//! What a process does to get a token, in the steps between which others may do something. An abstraction of
//! `src/session/lead.rs`, written anew so that it can be explored in every order.

/// How much may happen beside calls.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub faults: u8,
    pub renewals: u8,
}

pub struct Protocol {
    pub budget: Budget,
}

/// Tokens are numbers in the order in which the service issued them; 0 is none.
pub type Token = u8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// No call leads.
    Idle,
    /// `FlightIo::check`: read the record without the lock.
    Look,
    /// `FlightIo::try_lock`.
    Lock,
    /// `FlightIo::check_locked`: read the record under the lock.
    Locked,
    /// `FlightIo::log_in`: the request is under way.
    Request,
    /// The service has issued this one; the answer is under way.
    Answer(Token),
    /// `FlightIo::finish`: the session has it. It is to be saved.
    Save(Token),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    pub stage: Stage,
    /// The purpose is `Renew`: it only tries the lock, and logs in although it has a good token.
    renews: bool,
    /// The token in hand when it looked first: `former` in `Session::decide`.
    former: Token,
    pub hand: Token,
    generation: u8,
    /// `Rejected`: one bit for each token.
    rejected: u16,
    /// What the caller has rejected, by the account of whoever watches the model.
    refused: u16,
    /// The store's generation under the lock: `UnsavedLogin::expected_generation`.
    over: u8,
    /// Its login could not be saved over this generation: `WriteState::Failed`.
    unsaved_over: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub processes: [Process; 3],
    stored: Token,
    generation: u8,
    pub lock: Option<usize>,
    pub live: Token,
    pub issued: u8,
    faults: u8,
    renewals: u8,
    /// How many locks were lost.
    pub lost: u8,
    pub used_a_rejected_one: bool,
    pub store_went_back: bool,
    pub discarded: bool,
    pub saved_later: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// `Auth::token`: hands out what is good, or begins a flight.
    Ask(usize),
    /// Inside the renewal window the same call renews.
    Renew(usize),
    /// A request with the token in hand; `Auth::reject` after a 401.
    Use(usize),
    /// The leader's next step.
    Step(usize),
    /// `Session::decide` says `Save`: a token that could not be saved is tried again.
    SaveAgain(usize),
    // The faults.
    Crash(usize),
    LoseAnswer(usize),
    FailSave(usize),
    RejectGood(usize),
    LoseLock,
    EndToken,
}

impl Process {
    const NEW: Self = Self {
        stage: Stage::Idle,
        renews: false,
        former: 0,
        hand: 0,
        generation: 0,
        rejected: 0,
        refused: 0,
        over: 0,
        unsaved_over: None,
    };

    fn accepts(&self, token: Token) -> bool {
        token != 0 && self.rejected & (1 << token) == 0
    }

    fn reject(&mut self, token: Token) {
        self.rejected |= 1 << token;
    }

    /// `Auth::reject` of the token in hand.
    fn refuse(&mut self) {
        self.refused |= 1 << self.hand;
        self.reject(self.hand);
    }

    fn is_good(&self) -> bool {
        self.accepts(self.hand)
    }

    /// Whether it may hold the lock.
    pub fn locks(&self) -> bool {
        matches!(self.stage, Stage::Locked | Stage::Request | Stage::Answer(_) | Stage::Save(_))
    }

    /// `Session::merge_stored`: a good token is not given up for one that is not, or that is older.
    fn merge_stored(&mut self, stored: Token, generation: u8) {
        if self.unsaved_over.is_some_and(|over| over != generation) {
            self.unsaved_over = None;
        }
        let is_older = generation < self.generation || !self.accepts(stored);
        if stored != 0 && !(is_older && self.is_good()) {
            self.hand = stored;
        }
        self.generation = self.generation.max(generation);
    }

    /// `Session::decide`, for `Obtain` and `Renew`.
    fn wants_login(&self) -> bool {
        !self.is_good() || (self.renews && self.hand == self.former)
    }
}

impl State {
    pub fn new(budget: Budget) -> Self {
        Self {
            processes: [Process::NEW; 3],
            stored: 0,
            generation: 0,
            lock: None,
            live: 0,
            issued: 0,
            faults: budget.faults,
            renewals: budget.renewals,
            lost: 0,
            used_a_rejected_one: false,
            store_went_back: false,
            discarded: false,
            saved_later: false,
        }
    }

    pub fn actions(&self, actions: &mut Vec<Action>) {
        for (p, process) in self.processes.iter().enumerate() {
            match process.stage {
                Stage::Idle if process.is_good() => {
                    actions.push(Action::Use(p));
                    if self.renewals > 0 {
                        actions.push(Action::Renew(p));
                    }
                    if process.unsaved_over.is_some() && self.lock.is_none() {
                        actions.push(Action::SaveAgain(p));
                    }
                }
                Stage::Idle => actions.push(Action::Ask(p)),
                _ => actions.push(Action::Step(p)),
            }
            if self.faults > 0 {
                self.faults_of(p, process, actions);
            }
        }
        if self.faults > 0 {
            if self.lock.is_some() {
                actions.push(Action::LoseLock);
            }
            if self.live != 0 {
                actions.push(Action::EndToken);
            }
        }
    }

    fn faults_of(&self, p: usize, process: &Process, actions: &mut Vec<Action>) {
        if *process != Process::NEW {
            actions.push(Action::Crash(p));
        }
        if process.is_good() {
            actions.push(Action::RejectGood(p));
        }
        match process.stage {
            Stage::Request => actions.push(Action::LoseAnswer(p)),
            Stage::Save(_) if self.lock == Some(p) => actions.push(Action::FailSave(p)),
            _ => {}
        }
    }

    pub fn apply(&mut self, action: Action) {
        if matches!(
            action,
            Action::Crash(_)
                | Action::LoseAnswer(_)
                | Action::FailSave(_)
                | Action::RejectGood(_)
                | Action::LoseLock
                | Action::EndToken
        ) {
            self.faults -= 1;
        }
        match action {
            Action::Ask(p) => self.begin(p, false),
            Action::Renew(p) => {
                self.renewals -= 1;
                self.begin(p, true);
            }
            Action::Use(p) => {
                let process = &mut self.processes[p];
                self.used_a_rejected_one |= process.refused & (1 << process.hand) != 0;
                if process.hand != self.live {
                    process.refuse();
                }
            }
            Action::Step(p) => self.step(p),
            Action::SaveAgain(p) => self.save_again(p),
            // The system gives a dead process's file lock back, and Redis does when the lease ends.
            Action::Crash(p) => {
                self.unlock(p);
                self.processes[p] = Process::NEW;
            }
            Action::LoseAnswer(p) => {
                self.issue();
                self.end(p);
            }
            Action::FailSave(p) => {
                let process = &mut self.processes[p];
                process.unsaved_over = Some(process.over);
                self.end(p);
            }
            Action::RejectGood(p) => {
                self.processes[p].refuse();
            }
            Action::LoseLock => (self.lock, self.lost) = (None, self.lost + 1),
            Action::EndToken => self.live = 0,
        }
    }

    fn begin(&mut self, p: usize, renews: bool) {
        let process = &mut self.processes[p];
        (process.stage, process.renews, process.former) = (Stage::Look, renews, process.hand);
    }

    fn step(&mut self, p: usize) {
        match self.processes[p].stage {
            Stage::Idle => {}
            Stage::Look => self.look(p, Stage::Lock),
            Stage::Lock if self.lock.is_none() => {
                self.lock = Some(p);
                self.processes[p].stage = Stage::Locked;
            }
            Stage::Lock if self.processes[p].renews => self.end(p),
            // One that may wait looks at the record in between.
            Stage::Lock => self.look(p, Stage::Lock),
            Stage::Locked => self.look(p, Stage::Request),
            Stage::Request => self.processes[p].stage = Stage::Answer(self.issue()),
            Stage::Answer(token) => self.finish(p, token),
            Stage::Save(token) => self.save(p, token),
        }
    }

    fn issue(&mut self) -> Token {
        self.issued += 1;
        self.live = self.issued;
        self.issued
    }

    fn look(&mut self, p: usize, then: Stage) {
        let process = &mut self.processes[p];
        process.merge_stored(self.stored, self.generation);
        if process.wants_login() {
            process.over = self.generation;
            process.stage = then;
        } else {
            self.end(p);
        }
    }

    /// `Session::logged_in`.
    fn finish(&mut self, p: usize, token: Token) {
        let process = &mut self.processes[p];
        process.generation += 1;
        (process.hand, process.stage) = (token, Stage::Save(token));
    }

    /// `Leader::save`: a store whose lock was lost writes nothing (`Session::lock_was_lost`).
    fn save(&mut self, p: usize, token: Token) {
        let process = &mut self.processes[p];
        if self.lock == Some(p) {
            self.store_went_back |= process.generation < self.generation;
            (self.stored, self.generation) = (process.hand, process.generation);
            process.unsaved_over = None;
        } else {
            self.discarded = true;
            process.reject(token);
            (process.hand, process.generation) = (0, process.over);
        }
        self.end(p);
    }

    /// In one step: the lock, the record read under it, and `Decision::Save` or not.
    fn save_again(&mut self, p: usize) {
        let process = &mut self.processes[p];
        process.merge_stored(self.stored, self.generation);
        if process.unsaved_over.take().is_some() {
            self.store_went_back |= process.generation < self.generation;
            (self.stored, self.generation) = (process.hand, process.generation);
            self.saved_later = true;
        }
    }

    fn end(&mut self, p: usize) {
        self.unlock(p);
        let process = &mut self.processes[p];
        (process.stage, process.renews, process.former, process.over) = (Stage::Idle, false, 0, 0);
    }

    /// The processes are all the same: their order says nothing.
    pub fn sort(&mut self) {
        let holder = self.lock.map(|p| self.processes[p]);
        self.processes.sort_unstable();
        self.lock = holder.and_then(|holder| self.processes.iter().position(|it| *it == holder));
    }

    fn unlock(&mut self, p: usize) {
        self.lock.take_if(|holder| *holder == p);
    }

    pub fn logging_in(&self) -> usize {
        self.processes.iter().filter(|it| matches!(it.stage, Stage::Request | Stage::Answer(_))).count()
    }

    /// How many logins what has happened may cost. Of two that overlap after a lost lock the one whose token is discarded
    /// may be the later one at the service, and has ended the token that stands in the store.
    pub fn causes(&self, budget: Budget) -> u8 {
        budget.faults - self.faults + budget.renewals - self.renewals + self.lost
    }

    /// Nothing fails from now on. Those who are at it come to an end, in any order; then each asks, and once more after a
    /// 401.
    pub fn settles(&self) -> bool {
        const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        ORDERS.iter().all(|order| self.clone().settle(order))
    }

    fn settle(mut self, order: &[usize; 3]) -> bool {
        // The steps of a flight, and of two that were ahead of it.
        for _ in 0..18 {
            order.iter().for_each(|p| self.step(*p));
        }
        let issued = self.issued;
        for p in order.iter().chain(order) {
            for _ in 0..2 {
                if !self.processes[*p].is_good() {
                    self.begin(*p, false);
                    (0..6).for_each(|_| self.step(*p));
                }
                if self.processes[*p].unsaved_over.is_some() {
                    self.save_again(*p);
                }
                self.apply(Action::Use(*p));
            }
        }
        self.issued <= issued + 1
            && self.live != 0
            && self.processes.iter().all(|it| it.stage == Stage::Idle && it.hand == self.live && it.is_good())
    }
}
