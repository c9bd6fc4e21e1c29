//! Finds or builds the pinned Go tools and renders charts with real Helm.
