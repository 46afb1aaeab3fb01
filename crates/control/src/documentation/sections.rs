//! Cuts a page of Markdown into sections at its headings. Knows no files.

/// Characters of one section; a longer one is cut, as a prompt has to hold several.
const LONGEST: usize = 6_000;

/// A part of a page under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The title of the page and the heading.
    pub title: String,
    /// What stands under the heading.
    pub text: String,
}

/// The parts of a page, in order. A page without a heading is called by its file name.
pub(super) fn parts(page: &str, file_name: &str) -> Vec<Part> {
    let (front, body) = front_matter(page);
    let mut page_title = front.unwrap_or_else(|| file_name.to_owned());
    let (mut parts, mut text, mut heading) = (Vec::new(), String::new(), String::new());
    let mut fenced = false;
    for line in body.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let is_heading = !fenced && (1..=3).contains(&level) && line[level..].starts_with(' ');
        if !is_heading {
            if text.len() < LONGEST {
                text.push_str(line);
                text.push('\n');
            }
            continue;
        }
        push(&mut parts, &page_title, &heading, &mut text);
        let name = heading_of(&line[level..]);
        if level == 1 {
            page_title = name;
            heading.clear();
        } else {
            heading = name;
        }
    }
    push(&mut parts, &page_title, &heading, &mut text);
    parts
}

fn push(parts: &mut Vec<Part>, page: &str, heading: &str, text: &mut String) {
    let found = std::mem::take(text);
    if found.trim().is_empty() {
        return;
    }
    let title = match heading {
        "" => page.to_owned(),
        heading => format!("{page} – {heading}"),
    };
    let text = found.trim().to_owned();
    parts.push(Part { title, text });
}

/// A heading without the attributes that GitLab's documentation puts behind it.
fn heading_of(line: &str) -> String {
    let name = line.split(" {#").next().unwrap_or(line);
    name.trim().trim_end_matches('#').trim().to_owned()
}

/// The title in the YAML block that a page may begin with, and the page without the block.
fn front_matter(page: &str) -> (Option<String>, &str) {
    let Some(rest) = page.strip_prefix("---\n") else {
        return (None, page);
    };
    // An empty block ends where it begins.
    let empty = rest.strip_prefix("---\n").map(|body| ("", body));
    let Some((block, body)) = empty.or_else(|| rest.split_once("\n---\n")) else {
        return (None, page);
    };
    let title = block.lines().find_map(|line| line.strip_prefix("title:"));
    let title = title.map(|title| title.trim().trim_matches(['"', '\'']).to_owned());
    (title.filter(|title| !title.is_empty()), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_at_its_headings_and_not_inside_its_code() {
        let page = "---\nstage: Create\ntitle: 'Runners'\n---\n\nIntro.\n\n## Install {#install}\n\n\
            ```shell\n# not a heading\n```\n\n#### Deep\n\nstays\n\n# Other page\n\ntext\n";
        let parts = parts(page, "runners.md");
        let titles: Vec<&str> = parts.iter().map(|part| part.title.as_str()).collect();
        assert_eq!(titles, ["Runners", "Runners – Install", "Other page"]);
        assert!(parts[1].text.contains("# not a heading") && parts[1].text.ends_with("stays"));
    }

    #[test]
    fn a_page_without_heading_is_called_by_its_file() {
        let found = parts("ümlaut", "a/b.md");
        assert_eq!((found[0].title.as_str(), found.len()), ("a/b.md", 1));
        assert!(parts("---\n---\n# \n", "x.md").is_empty());
    }
}
