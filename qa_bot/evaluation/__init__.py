"""How good the answers are: data sets in SQuAD format, the field's metrics, the report."""
