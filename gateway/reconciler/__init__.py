"""The reconciler: makes what people want of their instances so.

Requests write what is desired and go home; here `decide` (decision.py) says what to do next about an
instance, a `Run` (run.py) does it through the instance's broker and stores every step before the next, and
the `Reconciler` (reconciler.py) gives each instance its turn from the `WorkQueue` (queue.py). The `Observer`
(observer.py) compares what back ends list with what is stored (judgement.py). The `Journal` (journal.py) is
the only way in which a step is stored: it refuses steps that a newer intent overtook, and tells the bus.
"""
