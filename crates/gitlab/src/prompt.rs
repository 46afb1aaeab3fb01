//! The prompts of the features: as we wrote them, as an admin edits them, and rendered.
