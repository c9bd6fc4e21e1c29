//! Turns the declarative model of WSO2 API Manager into Helm charts.
