//! How long to wait before a write that met a conflict is tried again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// Tries of one write. Optimistic locking lets at least one of all contenders through in every round, so twenty writers
/// of one object are through after twenty rounds at the latest; the rest is for strangers who write at the same time.
pub const TRIES: u32 = 40;

const FIRST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(250);

/// A random share of a time that doubles with every try, at most a quarter of a second: contenders that met once are spread out.
pub fn pause(attempt: u32) -> Duration {
    limit(attempt).mul_f64(share())
}

fn limit(attempt: u32) -> Duration {
    FIRST
        .saturating_mul(2_u32.saturating_pow(attempt))
        .min(LONGEST)
}

/// Between 0 and 1, different in every process and at every call.
fn share() -> f64 {
    f64::from(random()) / f64::from(u32::MAX)
}

/// 32 random bits, from the seed that the standard library draws for its hash maps.
pub fn random() -> u32 {
    let bits = RandomState::new().build_hasher().finish();
    u32::try_from(bits >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_short() {
        assert_eq!(limit(0), FIRST);
        assert_eq!(limit(3), FIRST * 8);
        assert_eq!(limit(TRIES), LONGEST);
        assert!((0..100).all(|attempt| pause(attempt) <= limit(attempt)));
    }

    #[test]
    fn contenders_do_not_wait_alike() {
        let drawn: std::collections::BTreeSet<u32> = (0..32).map(|_| random()).collect();
        assert!(drawn.len() > 24);
    }
}
