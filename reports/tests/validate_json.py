"""Hold JSON reports to reports/schema.json: validate_json.py SCHEMA PROGRAM ARGUMENT...."""
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
report = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, check=False).stdout
document = json.loads(report.decode("utf-8", errors="strict"))
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(document)

# A schema that lets everything pass would prove nothing.
del document["targets"][0]["runs"][0]["verdict"]
if jsonschema.Draft202012Validator(schema).is_valid(document):
    sys.exit("the schema does not miss a verdict")
