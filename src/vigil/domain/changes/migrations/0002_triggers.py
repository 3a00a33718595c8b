"""The triggers that note every change."""

from django.db import migrations

from vigil.domain.changes import triggers


def forwards(apps, schema_editor):
    triggers.install(schema_editor.connection)


def backwards(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0001_initial"),
        ("organisations", "0001_initial"),
        ("estate", "0001_initial"),
        ("directives", "0002_campaigns"),
        ("readiness", "0002_campaigns"),
        ("exchange", "0010_link"),
    ]
    operations = [migrations.RunPython(forwards, backwards)]
