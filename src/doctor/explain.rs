//! The page of each cause, compiled in: what it means, how doctor knows, how to mend it, when doctor may be wrong.

use super::causes::Cause;

