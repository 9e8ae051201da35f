"""How many cores one thread of the process takes for PyTorch's operations, without a word to the others."""

import threading

import torch


def set_threads_here(count: int) -> None:
    """Let PyTorch's operations in the calling thread, and there alone, run on so many threads.

    torch.set_num_threads holds for the thread that calls it and for every thread that is begun later: another thread
    says the number of before again, for those.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    restoring = threading.Thread(target=torch.set_num_threads, args=(before,))
    restoring.start()
    restoring.join()
