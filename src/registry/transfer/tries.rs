//! How often something is tried, and the pauses between.

use std::time::Duration;

use super::PAUSE;
use super::fault::{Again, Fault};

/// The first pause; each is twice the one before, up to the longest.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// The tries of one step. Whatever moves on begins anew.
#[derive(Debug, Clone)]
pub(super) struct Tries {
    most: u32,
    made: u32,
}

impl Tries {
    /// So many tries beside the first.
    pub(super) fn new(most: u32) -> Self {
        Self { most, made: 0 }
    }

    /// It got on: what failed before does not count any more.
    pub(super) fn moved_on(&mut self) {
        self.made = 0;
    }

    /// Waits before the next try.
    ///
    /// # Errors
    ///
    /// The fault itself, where another try cannot help or there were enough.
    pub(super) async fn after(&mut self, fault: Fault) -> Result<(), Fault> {
        let named = match fault.again() {
            Again::After(named) => named,
            Again::Smaller | Again::Elsewhere => Some(Duration::ZERO),
            Again::Never => return Err(fault),
        };
        if self.made >= self.most || named.is_some_and(|pause| pause > PAUSE) {
            return Err(fault);
        }
        let pause = named.unwrap_or_else(|| pause(self.made));
        self.made += 1;
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

fn pause(made: u32) -> Duration {
    FIRST
        .saturating_mul(2_u32.saturating_pow(made))
        .min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses: Vec<u128> = (0..8).map(|made| pause(made).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    }
}
