"""Work done before it is asked for."""

from ddpm_playground.engine.prefetch import prefetch


def test_work_ahead_comes_in_order_and_goes_no_further_than_it_may() -> None:
    begun = []
    jobs = (lambda i=i: begun.append(i) or i for i in range(9))
    results = prefetch(jobs, 3)
    assert begun == [] and next(results) == 0
    results.close()
    assert begun == list(range(len(begun))) and len(begun) <= 4
    assert list(prefetch((lambda i=i: i for i in range(9)), 3)) == list(range(9))
    assert list(prefetch(iter([]), 3)) == []
