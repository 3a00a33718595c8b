"""The last sign of life of each worker."""

from django.db import models


class WorkerBeat(models.Model):
    """A worker's last completed round."""

    name = models.CharField(max_length=50, primary_key=True)
    at = models.DateTimeField()
    detail = models.CharField(max_length=500, blank=True)
    failed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"
