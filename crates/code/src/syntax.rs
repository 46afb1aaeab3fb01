//! The grammar of each language, and the words in it for blocks and definitions. Knows nothing of
//! suggestions.

use crate::Language;

/// Which nodes of a tree hold code that belongs together.
pub(crate) struct Shapes {
    /// Nodes that hold statements or members between an opening and a closing mark, and the marks.
    pub(crate) blocks: &'static [&'static str],
    /// Nodes that are a definition or a statement with a body, and may be open before the body is.
    pub(crate) definitions: &'static [&'static str],
    /// Further nodes whose children are statements or members.
    pub(crate) lists: &'static [&'static str],
}

/// The grammar of a language for a text.
pub(crate) fn grammar(language: Language, text: &str) -> tree_sitter::Language {
    match language {
        Language::C => tree_sitter_c::LANGUAGE,
        Language::Cpp => tree_sitter_cpp::LANGUAGE,
        Language::CSharp => tree_sitter_c_sharp::LANGUAGE,
        Language::Go => tree_sitter_go::LANGUAGE,
        Language::Java => tree_sitter_java::LANGUAGE,
        Language::JavaScript => tree_sitter_javascript::LANGUAGE,
        Language::Kotlin => tree_sitter_kotlin_ng::LANGUAGE,
        // Without its opening mark all text is HTML; in a part of a file it may be missing.
        Language::Php if text.contains("<?") => tree_sitter_php::LANGUAGE_PHP,
        Language::Php => tree_sitter_php::LANGUAGE_PHP_ONLY,
        Language::Python => tree_sitter_python::LANGUAGE,
        Language::Ruby => tree_sitter_ruby::LANGUAGE,
        Language::Rust => tree_sitter_rust::LANGUAGE,
        Language::Scala => tree_sitter_scala::LANGUAGE,
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
    }
    .into()
}

/// The shapes of a language.
pub(crate) fn shapes(language: Language) -> &'static Shapes {
    match language {
        Language::C => &C,
        Language::Cpp => &CPP,
        Language::CSharp => &C_SHARP,
        Language::Go => &GO,
        Language::Java => &JAVA,
        Language::JavaScript => &JAVASCRIPT,
        Language::Kotlin => &KOTLIN,
        Language::Php => &PHP,
        Language::Python => &PYTHON,
        Language::Ruby => &RUBY,
        Language::Rust => &RUST,
        Language::Scala => &SCALA,
        Language::TypeScript | Language::Tsx => &TYPESCRIPT,
    }
}

const C: Shapes = Shapes {
    blocks: &[
        "initializer_list",
        "enumerator_list",
        "compound_statement",
        "field_declaration_list",
    ],
    definitions: &["function_definition"],
    lists: &[
        "declaration_list",
        "case_statement",
        "preproc_if",
        "preproc_ifdef",
        "preproc_else",
    ],
};

const CPP: Shapes = Shapes {
    blocks: &[
        "initializer_list",
        "enumerator_list",
        "compound_statement",
        "field_declaration_list",
        "declaration_list",
    ],
    definitions: &["function_definition", "class_specifier", "struct_specifier"],
    lists: &[
        "case_statement",
        "preproc_if",
        "preproc_ifdef",
        "preproc_else",
    ],
};

const C_SHARP: Shapes = Shapes {
    blocks: &[
        "initializer_expression",
        "enum_member_declaration_list",
        "block",
        "declaration_list",
        "accessor_list",
        "switch_body",
    ],
    definitions: &[
        "method_declaration",
        "constructor_declaration",
        "local_function_statement",
        "class_declaration",
        "struct_declaration",
        "interface_declaration",
        "record_declaration",
    ],
    lists: &["switch_section", "file_scoped_namespace_declaration"],
};

const GO: Shapes = Shapes {
    blocks: &[
        "literal_value",
        "import_spec_list",
        "block",
        "field_declaration_list",
    ],
    definitions: &["function_declaration", "method_declaration"],
    lists: &["statement_list"],
};

const JAVA: Shapes = Shapes {
    blocks: &[
        "array_initializer",
        "block",
        "constructor_body",
        "class_body",
        "interface_body",
        "enum_body",
        "switch_block",
    ],
    definitions: &[
        "method_declaration",
        "constructor_declaration",
        "class_declaration",
        "interface_declaration",
        "record_declaration",
    ],
    lists: &["switch_block_statement_group", "enum_body_declarations"],
};

const JAVASCRIPT: Shapes = Shapes {
    blocks: &[
        "object",
        "array",
        "named_imports",
        "statement_block",
        "class_body",
        "switch_body",
    ],
    definitions: &[
        "function_declaration",
        "generator_function_declaration",
        "method_definition",
        "class_declaration",
    ],
    lists: &["switch_case", "switch_default"],
};

const TYPESCRIPT: Shapes = Shapes {
    blocks: &[
        "object",
        "array",
        "object_type",
        "named_imports",
        "statement_block",
        "class_body",
        "switch_body",
        "interface_body",
        "enum_body",
    ],
    definitions: &[
        "function_declaration",
        "generator_function_declaration",
        "method_definition",
        "class_declaration",
        "abstract_class_declaration",
        "interface_declaration",
    ],
    lists: &["switch_case", "switch_default"],
};

const KOTLIN: Shapes = Shapes {
    blocks: &[
        "block",
        "class_body",
        "enum_class_body",
        "lambda_literal",
        "when_expression",
    ],
    definitions: &[
        "function_declaration",
        "class_declaration",
        "object_declaration",
    ],
    lists: &[],
};

const PHP: Shapes = Shapes {
    blocks: &[
        "array_creation_expression",
        "match_block",
        "compound_statement",
        "declaration_list",
        "enum_declaration_list",
        "switch_block",
    ],
    definitions: &[
        "function_definition",
        "method_declaration",
        "class_declaration",
        "interface_declaration",
        "trait_declaration",
    ],
    lists: &["case_statement", "default_statement", "colon_block"],
};

// A body begins with its first statement, which may be the suggestion's: what holds it counts.
const PYTHON: Shapes = Shapes {
    blocks: &["dictionary", "list", "set"],
    definitions: &[
        "function_definition",
        "class_definition",
        "if_statement",
        "for_statement",
        "while_statement",
        "with_statement",
        "try_statement",
        "match_statement",
    ],
    lists: &["block"],
};

const RUBY: Shapes = Shapes {
    blocks: &["hash", "array", "do_block", "block"],
    definitions: &[
        "method",
        "singleton_method",
        "class",
        "singleton_class",
        "module",
        "if",
        "unless",
        "while",
        "until",
        "for",
        "case",
        "case_match",
        "begin",
    ],
    lists: &[
        "body_statement",
        "block_body",
        "then",
        "else",
        "ensure",
        "do",
    ],
};

const RUST: Shapes = Shapes {
    blocks: &[
        "field_initializer_list",
        "array_expression",
        "use_list",
        "token_tree",
        "block",
        "declaration_list",
        "field_declaration_list",
        "enum_variant_list",
        "match_block",
    ],
    definitions: &[
        "function_item",
        "struct_item",
        "enum_item",
        "impl_item",
        "trait_item",
        "mod_item",
    ],
    lists: &[],
};

const SCALA: Shapes = Shapes {
    blocks: &["block", "template_body", "case_block", "enum_body"],
    definitions: &[
        "function_definition",
        "class_definition",
        "object_definition",
        "trait_definition",
        "enum_definition",
    ],
    lists: &["indented_block", "indented_cases", "case_clause"],
};

impl Shapes {
    /// Whether a node encloses code.
    pub(crate) fn encloses(&self, kind: &str) -> bool {
        self.blocks.contains(&kind) || self.definitions.contains(&kind)
    }

    /// Whether the children of a node are statements or members.
    pub(crate) fn lists(&self, kind: &str) -> bool {
        self.blocks.contains(&kind) || self.lists.contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grammar_loads_and_knows_the_words_of_its_shapes() {
        for language in [
            Language::C,
            Language::Cpp,
            Language::CSharp,
            Language::Go,
            Language::Java,
            Language::JavaScript,
            Language::Kotlin,
            Language::Php,
            Language::Python,
            Language::Ruby,
            Language::Rust,
            Language::Scala,
            Language::TypeScript,
            Language::Tsx,
        ] {
            for text in ["", "<?php"] {
                let grammar = grammar(language, text);
                tree_sitter::Parser::new().set_language(&grammar).unwrap();
                let shapes = shapes(language);
                for kind in [shapes.blocks, shapes.definitions, shapes.lists].concat() {
                    assert_ne!(
                        grammar.id_for_node_kind(kind, true),
                        0,
                        "{language:?}: {kind}"
                    );
                }
            }
        }
    }
}
