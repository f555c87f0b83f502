"""`mediaproc` whose executors do not compare themselves with peers: the negative control of the tests of outliers."""

from mediaproc.cli import main
from mediaproc.executor.outlier_detection import OutlierDetection

if __name__ == "__main__":
    OutlierDetection.compare = lambda _self: None  # type: ignore[assignment, method-assign]
    main()
