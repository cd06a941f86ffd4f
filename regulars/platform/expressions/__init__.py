"""One expression language: condition JSON and formula text parse into one typed tree.

The tree is checked, compiled to Python closures, compiled to SQL and said in plain words. This
package is pure except `compile_sql`, and knows forms only through `shapes`.
"""
