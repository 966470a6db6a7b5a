"""Bootstrap bounds of the parts of a fleet: units drawn anew with replacement, all resamples of a part fitted at once."""

import numpy as np

from analytics.batch import gather, maximise
from analytics.batch_fits import Status
from analytics.lifedata import LifeData
from analytics.results import FloatArray

# Fixed and counted from the part itself, so that neither the order of the parts nor the workers change a number.
SEED = 2_026
RESAMPLES = 1_000
# Records of resamples in memory at once.
MOST_RECORDS = 2_000_000
# Resamples without a fit (fewer than two failures, no finite maximum) are left out; with more than half of them gone the
# rest no longer speak for the part.
FEWEST_WITH_FIT = 0.5


def bootstrap_bounds(part: LifeData, log_beta: float, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Percentile bounds on (log eta, log beta), lower and upper; NaN where too few resamples have a fit.

    Units are drawn, not rows: a row that stands for ten units has ten chances. For few failures these bounds are too
    narrow; `bounds="calibrated"` is not.
    """
    units = int(part.count.sum())
    rng = np.random.default_rng([SEED, len(part), units])
    at_once = int(np.clip(MOST_RECORDS // len(part), 1, RESAMPLES))
    found = []
    for begin in range(0, RESAMPLES, at_once):
        rows = min(at_once, RESAMPLES - begin)
        weight = rng.multinomial(units, part.count / units, size=rows).astype(np.float64)
        shape = weight.shape
        samples = gather(
            np.broadcast_to(part.time, shape),
            part.event,
            entry=np.broadcast_to(part.entry, shape),
            weight=weight,
        )
        fits = maximise(samples, np.full(rows, log_beta))
        fit = (fits.status == Status.OK) & (samples.failures >= 2.0)
        found.append(np.stack([fits.log_eta[fit], fits.log_beta[fit]]))
    estimates = np.concatenate(found, axis=1)
    if estimates.shape[1] < FEWEST_WITH_FIT * RESAMPLES:
        return np.full(2, np.nan), np.full(2, np.nan)
    tail = (1.0 - confidence) / 2.0
    lower, upper = np.quantile(estimates, [tail, 1.0 - tail], axis=1)
    return lower, upper
