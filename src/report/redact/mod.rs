//! A report for other people's eyes: host names, addresses, namespaces, names of objects and users, image paths, files and
//! certificates become placeholders, the same thing the same placeholder everywhere, so that the diagnosis still reads.
//!
//! Names are collected from the fields that hold one, then found in sentences by what they look like; only then all are
//! replaced, the longest first. Well-known registries and names stay. What a registry wrote in words of its own, and what is
//! neither a name of the report nor looks like a host, an address or a path, cannot be told from other words and stays.

mod book;
mod collect;
mod find;
mod known;

use super::v1::{Names, Report, Sort};
use book::Book;

/// The report with placeholders in the place of names; counts, causes and statuses stay as they are.
pub fn redacted(mut report: Report) -> Report {
    let mut book = Book::default();
    collect::typed(&report, &mut book);
    report.each_text(&mut |sort, text| {
        if sort != Sort::Fixed {
            find::plain(text);
            find::names(text, &mut book);
        }
    });
    book.close();
    // The names have served; what is left of them would be a list of placeholders.
    report.names = Names::default();
    let mut flag = false;
    report.each_text(&mut |sort, text| match sort {
        Sort::Fixed => {}
        Sort::Free => *text = book.replace(text, true),
        Sort::Argument => {
            // What follows a flag is its value; any other word may be one of the command itself.
            let replaced = book.replace(text, flag);
            flag = text.starts_with('-') && !text.contains('=');
            *text = replaced;
        }
    });
    report.redacted = true;
    report
}

#[cfg(test)]
mod tests;
