//! Every rule of the embedded API server, over plain HTTP, and with the real kubectl where it is installed.

mod admission;
mod apply;
mod discovery;
mod faults;
mod http;
mod kubectl;
mod objects;
mod openshift;
mod patches;
mod rights;
mod strategic;
mod validation;
mod watches;
