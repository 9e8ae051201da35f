"""What the findings about a run that was watched say in Traditional Chinese (Taiwan)."""

FINDINGS: dict[str, tuple[str, ...]] = {
    "run-not-finite": (
        "第 {call} 次呼叫 step 時（timestep {t}），{what}第一次不是有限的數，型別為 {dtype}；之後的一切都沒有意義。",
        "從那裡起改用 float32；如果仍然如此，就檢查網路在那個 timestep 的輸出。",
    ),
    "run-start": (
        "最初的 x（timestep {t}）的均方根是 {rms}，而那裡的 x_t 是 {signal} x_0 + {noise} ε："
        "圖片的變異數不超過 1.5 時應在 {low} 到 {high} 之間。",
        "從變異數為 1 的雜訊乘上排程器的 init_noise_sigma（這裡是 {init}）開始，"
        "或用它的 add_noise 做出第一個 timestep 的 x。",
    ),
    "run-unscaled": (
        "{calls} 次呼叫 step 中有 {count} 次之前沒有呼叫 scale_model_input（最早在 timestep {t}）；"
        "{name} 在那裡把 x 乘上 {factor}；除非另外自己乘過，網路看到的是沒有乘過的。",
        "把 scheduler.scale_model_input(x, t) 交給網路，交給 step 的則是沒有乘過的 x。",
    ),
    "run-scaled-sample": (
        "{calls} 次呼叫 step 中有 {count} 次（最早在 timestep {t}）拿到的是 scale_model_input 的結果，"
        "而不是交給它的 x。",
        "乘過的 x 只給網路；交給 step 的是沒有乘過的。",
    ),
    "run-order": (
        "第 {call} 次呼叫時，step 在 {before} 之後拿到 timestep {t}，與排程器清單的順序（{first} … {last}）相反。",
        "從頭到尾走過 scheduler.timesteps。",
    ),
    "run-other-t": (
        "第 {call} 次呼叫時，step 拿到 timestep {t}，而 {name} 在自己的清單裡位於 {own}，並從那裡走出一步"
        "（{calls} 次呼叫中有 {count} 次如此）。",
        "在 set_timesteps 之後，逐一走過 scheduler.timesteps。",
    ),
    "run-leads-elsewhere": (
        "從 timestep {t} 出發的一步走到 timestep {used} 的雜訊量，接下來拜訪的卻是 timestep {next}；"
        "{calls} 步中有 {count} 步沒有落在下一個上。",
        "用步數呼叫 set_timesteps，再走過 scheduler.timesteps。",
    ),
    "run-skips": (
        "兩次呼叫之間略過了排程器清單中的 {count} 項，最早在 timestep {t} 之後。",
        "走過整個 scheduler.timesteps，或向 set_timesteps 要求較少的步數。",
    ),
    "run-ends-early": (
        "最後一步在 timestep {t}，離排程器清單的結尾還有 {left} 項；相對於訊號還剩下 σ = {sigma} 的雜訊。",
        "把 scheduler.timesteps 走到底，除非由另一個網路從這裡接下去。",
    ),
    "run-changed": (
        "{calls} 步中有 {count} 次 x 在兩步之間被改動，最早在 timestep {t} 之前。",
        "如果是有意的（遮罩、引導、回呼函式），就不必做什麼。",
    ),
}
