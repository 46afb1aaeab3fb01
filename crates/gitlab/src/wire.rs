//! Bodies as GitLab and the editors send them, and answers as they parse them.
