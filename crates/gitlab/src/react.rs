//! The ReAct loop of Duo Chat: what is sent to the model, and what its text means.
