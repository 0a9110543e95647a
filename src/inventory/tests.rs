mod images;
mod kit;
mod problems;
mod registries;
