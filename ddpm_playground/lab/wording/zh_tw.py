"""What the findings say in Traditional Chinese (Taiwan), key by key as in en.py."""

FINDINGS: dict[str, tuple[str, ...]] = {
    "not-finite": (
        "β_{t} = {value} 不是有限的數，另外還有 {others} 個 β_t 也不是。",
        "從 t = {t} 起更正這些值；否則那一步之後的每張圖片都會是 NaN。",
    ),
    "beta-out-of-range": (
        "β_{t} = {value} 不在 [0, 1] 之內（{T} 個值中有 {count} 個如此），所以 √(1 − β_t) 或 √β_t 不存在。",
        "每個 β_t 都要在 [0, 1) 之內；只有 β_T 可以是 1。",
    ),
    "non-monotone": (
        "ᾱ 在 t = {t} 從 {before} 升到 {after}（這樣的步共有 {count} 個）：那一步會把雜訊拿走。",
        "把這些值從資料排到雜訊，或匯出改成單調的曲線。",
    ),
    "zero-beta/no-noise": (
        "直到 t = {t} 都是 ᾱ_t = 1：這些步不加雜訊，所以 (1 − α_t)/√(1 − ᾱ_t) 在那裡是 0/0。",
        "從 β_1 > 0 開始，例如 1e-4，或去掉這些步。",
    ),
    "zero-beta": (
        "{T} 步中有 {count} 步 β_t = 0，最早在 t = {t}：那裡什麼也沒發生，而且 log β_t = −∞。",
        "去掉這些步，或給它們一個小的 β_t。",
    ),
    "terminal-snr": (
        "到了 T 圖片還剩下 √ᾱ_T = {root}（SNR(T) = {snr}），取樣卻從純雜訊開始。網路學會了從 x_T 讀取亮度，"
        "所以很亮和很暗的圖片都會偏向中灰。",
        '設定 "rescale_betas_zero_snr": true，配合 "prediction_type": "v_prediction" 與 "timestep_spacing": '
        '"trailing"，再繼續訓練；或提高 β 或 T，直到 SNR(T) 低於 {threshold}。',
        "{patch}，再繼續訓練。",
    ),
    "terminal-snr/class": (
        "到了 T 圖片還剩下 √ᾱ_T = {root}（SNR(T) = {snr}），取樣卻從純雜訊開始。網路學會了從 x_T 讀取亮度，"
        "所以很亮和很暗的圖片都會偏向中灰。",
        '{name} 不接受 "rescale_betas_zero_snr"。請改用接受它的類別，例如 DDIMScheduler，把它設為 true，配合 '
        '"prediction_type": "v_prediction" 與 "timestep_spacing": "trailing"，再繼續訓練；或提高 β 或 T，直到 SNR(T) '
        "低於 {threshold}。",
        "{patch}，再繼續訓練。",
    ),
    "terminal-snr/trace": (
        "到了 T 圖片還留下一點痕跡：√ᾱ_T = {root}，SNR(T) = {snr}。這太少，看不出亮度（大約到 {threshold} "
        "才開始看得出來）。",
        "不必做什麼；要完全不留，就重新縮放到零終端 SNR，並預測 v。",
    ),
    "short-t-unscaled": (
        "這些 β_t 是給大約 1000 步用的，但 T = {T}：Σ β_t = {total}，所以 SNR(T) = {snr}，x_T 仍然是一張圖片。",
        "把 β_t 乘以 1000/T = {factor}：{advice}。",
        "{patch}，再訓練一次。",
    ),
    "eps-with-zero-terminal-snr": (
        "網路預測 ε，而 t = {t} 時 ᾱ_t = 0：x̂_0 = (x_t − √(1 − ᾱ_t) ε̂)/√ᾱ_t 會除以 0。",
        '使用 "prediction_type": "v_prediction"（並以此訓練），或使用 ᾱ_T > 0 的排程。',
        "{patch}，並以此訓練。",
    ),
    "eps-with-zero-terminal-snr/unknown": (
        "t = {t} 時 ᾱ_t = 0。預測 ε 的網路不能用在那裡：x̂_0 會除以 √ᾱ_t = 0。",
        "預測 v 或 x_0，或讓 ᾱ_T > 0。",
    ),
    "spacing-skips-t": (
        "用 {spacing} 間距時，{steps} 步從 t = {visited} 開始，永遠不會造訪 T = {T}。",
        '設定 "timestep_spacing": "trailing"。',
    ),
    "wrong-previous-timestep": (
        "{name} 走 {steps} 步（{spacing}）時，從 t = {t} 走到 t = {used} 的雜訊，下一個造訪的卻是 t = {next}；"
        "有 {count} 步沒有走到接下來的 t。",
        '設定 "timestep_spacing": "{other}"。',
    ),
    "wrong-previous-timestep/trailing": (
        "{name} 走 {steps} 步（{spacing}）時，從 t = {t} 走到 t = {used} 的雜訊，下一個造訪的卻是 t = {next}；"
        "有 {count} 步沒有走到接下來的 t。",
        '選一個能整除 T = {T} 的步數，或設定 "timestep_spacing": "leading"。',
    ),
    "ignored-key": (
        "{name} 不接受 {keys}，diffusers 會略去類別不認識的鍵。在 {others} 裡，它會改變排程或取樣。",
        "改用接受它的類別（{others}），或移除它。",
    ),
    "ignored-key/harmless": (
        "{name} 不接受 {keys}：diffusers 會略去類別不認識的鍵。接受它的類別也不會因此有不同的取樣。",
        "不必做什麼；也可以移除它。",
        "不必做什麼；{patch}，結果也一樣。",
    ),
    "ignored-key/misspelt": (
        "{name} 不接受 {keys}，diffusers 會略去它。這個類別接受的是 {own}，它在這裡還是預設值。",
        "如果要的是 {own}，就改成這個名稱和它允許的值；否則移除 {keys}。",
        "如果要的是 {own}：{patch}。",
    ),
    "cannot-run": (
        "{name} 拒絕以這個設定走 {steps} 步：{reason}。",
        "更正它指出的值。",
    ),
    "cannot-run/steps": (
        "不能走超過 T = {T} 步：要求的 {steps} 步沒有檢查。",
        "把步數減少。",
    ),
    "steps-offset/outside": (
        "steps_offset = {offset} 時，{steps} 步會造訪 t = {t}，不在訓練過的 1…{T} 之內。",
        '設定 "steps_offset": 0，或把步數減少。',
    ),
    "steps-offset": (
        "steps_offset = {offset} 把每個造訪的 t 提高 {offset}；最低是 t = {lowest}，最後一步從那裡走到 {end}。",
        "如果網路就是這樣訓練和調整的（Stable Diffusion 1.x：1），就保留；否則設為 0。",
    ),
    "steps-offset/ignored": (
        "steps_offset = {offset} 在這裡不起作用：沒有它，造訪的 t 也一樣。",
        "不必做什麼；也可以移除它。",
    ),
    "variance-type": (
        "variance_type = {kind} 加入的雜訊，變異數是整個跨步的 β；走 {steps} 步時，這遠大於後驗的變異數。",
        '設定 "variance_type": "fixed_small"，或步數少時改用確定性的 DDIM。',
    ),
    "variance-type/learned": (
        "variance_type = {kind} 需要輸出通道加倍的網路：平均與變異數。",
        '如果網路只預測 ε，設定 "variance_type": "fixed_small"。',
    ),
    "float32-loss/zero": (
        "1 − ᾱ_{t} 在 float32 中是 0，所以 √(1 − ᾱ_t) 在那裡會除以 0。",
        "用 float64 計算這些表，或把 β_1 提高到 1e-7 以上。",
    ),
    "float32-loss/trace": (
        "在 float32 中，1 − ᾱ_1 = {value} 有 {error} 的相對誤差。圖片上看不出來，比對數值時才看得出。",
        "不必做什麼；要比對數值，請用 float64。",
    ),
    "float32-loss": (
        "在 float32 中，1 − ᾱ_1 = {value} 有 {error} 的相對誤差。",
        "用 float64 計算這些表，最後再轉換。",
    ),
    "abrupt": (
        "走到 t = {t} 的一步，一次就拿走每像素最多 8 位元中的 {bits} 位元（ᾱ {before} → {after}）。",
        "把這一步分散到更多的 t，或用較大的 T。",
    ),
    "falling-beta": (
        "β_t 在 t = {first} 與 t = {last} 之間下降 {count} 次（{before} → {after}）："
        "在那裡，一步加的雜訊比例比前一步小。ᾱ_t 仍然一路下降，所以沒有壞掉；只是靠近資料的步反而比較粗。",
        "如果是有意的，什麼都不必做；線性與餘弦排程的 β_t 從不下降。",
    ),
    "falling-beta/all": (
        "β_t 從 t = {first} 一路降到 t = {last}（{before} → {after}）：第一步加的雜訊比例最大，最後一步最小。"
        "從 T 寫到 1 的一列數看起來就是這樣。",
        "如果是這樣寫的，請把它倒過來；如果是有意的，就維持原樣。",
    ),
    "wasted-steps": (
        "有 {share} 的步，ᾱ_t 與 0 或 1 相差不到 0.001，那裡幾乎沒有東西可學。",
        "降低 T 或 β，或使用餘弦排程。",
    ),
    "wasted-steps/some": (
        "有 {share} 的步，ᾱ_t 與 0 或 1 相差不到 0.001，那裡幾乎沒有東西可學。",
        "不必做什麼；餘弦排程浪費的步較少。",
    ),
    "resolution-shift/clean": (
        "邊長 {size} 像素的圖片在同樣的雜訊下保留較多訊號：中點的 log SNR 是 {middle}，"
        "要與餘弦排程在 64 像素時相當，應該是 {wanted}。",
        "把 log SNR 平移 {shift}（相對於餘弦排程是 2 log(64/{size})），或降低解析度。",
    ),
    "resolution-shift/noisy": (
        "中點的 log SNR 是 {middle}，邊長 {size} 像素的圖片只需要 {wanted}：許多步花在這麼小的圖片已經看不見的雜訊上。",
        "把 log SNR 平移 {shift}，例如使用餘弦排程。",
    ),
    "prediction-type": (
        "prediction_type = {kind} 不是 {name} 在這裡認得的值。",
        "設成網路訓練時的目標：{allowed}。",
    ),
    "prediction-type/flow": (
        "prediction_type = {kind} 與 use_flow_sigmas = {flow} 不能搭配：速度 ε − x_0 屬於 flow matching 的 σ，"
        "也只屬於它。",
        '兩者都設，或都不設："prediction_type": "flow_prediction" 配 "use_flow_sigmas": true。',
    ),
    "not-examined": (
        "{name} 的 {steps} 步沒有執行：{reason}。這裡對它的取樣不作任何斷言。",
        "安裝或提供所指出的東西，再檢查一次；關於排程本身的結果仍然成立。",
    ),
    "not-examined/other-data": (
        "{name} 沒有 x_t = a x_0 + b ε 的雜訊量，處理其他資料（例如 token）的類別通常如此，"
        "所以沒有排程可以檢查：{reason}。這裡對它不作任何斷言。",
        "不必做任何事。",
    ),
    "step-fails": (
        "{name} 在 {steps} 步時：第 {step} 步（共 {calls} 步，時間步 {timestep}，{S} 步取樣）以 {told} 中止。",
        "更改它的步驟設定，或改用其他類別。",
    ),
    "not-finite-step": (
        "{name} 在 {steps} 步時：第 {step} 步（共 {calls} 步，時間步 {timestep}，{S} 步取樣）在 float32 下"
        "傳回 NaN 或無限大。",
        "更改它的步驟設定，或改用其他類別。",
    ),
    "repeated-timestep": (
        "{name} 在 {steps} 步時，有 {count} 次在剛問過網路的同一個 t 再問一次，σ 卻不同：最早在 t = {t}。"
        "取整數使這些 t 變得相同。",
        "減少步數，或讓各個 σ 離得更遠。",
    ),
    "repeated-timestep/few": (
        "{name} 在 {steps} 步時，有 {count} 次在剛問過網路的同一個 t 再問一次，σ 卻不同：最早在 t = {t}。"
        "取整數使這些 t 變得相同。",
        "不必做什麼：兩個 σ 相差不到一個 t。",
    ),
    "idle-steps": (
        "{steps} 步的 {calls} 次呼叫中，有 {count} 次花在 SNR < {threshold} 的地方：取樣從 σ = {sigma} 開始，"
        "那裡還什麼都看不到。",
        "採用較低的 σ_max，或 σ 的另一種間距。",
    ),
    "residual-noise": (
        "{steps} 步的最後一步之後，還留下 σ = {sigma} 的雜訊：和訓練時 t = 1 的一樣多。",
        "不必做什麼：8 位元的圖片看不出來。",
        "{patch}，最後一步就會到達乾淨的資料。8 位元的圖片看不出差別。",
    ),
    "residual-noise/much": (
        "{steps} 步的最後一步之後，還留下 σ = {sigma} 的雜訊；訓練時 t = 1 的是 {lowest}。",
        "讓最後一步到達乾淨的資料。",
    ),
    "unclipped-divergence": (
        "{name} 在 {steps} 步時會放大網路的誤差：資料的標準差是 {data}，輸出中 {error} 的誤差使 {S} 步的結果成為 "
        "{spread}（沒有誤差時是 {exact}）。沒有任何東西裁切 x̂_0。",
        "裁切 x̂_0，從訊號較多的 t 開始，或預測 v。",
    ),
    "clip-hides-divergence": (
        "在 T，ε̂ 的誤差到了 x̂_0 會變成 {factor} 倍。不裁切時，{S} 步的結果標準差會是 {unclipped} 而不是 {data}；"
        "裁切時是 {clipped}。",
        "只要開著裁切，就不必做什麼。",
    ),
    "clip-hides-divergence/table": (
        "在 T，ε̂ 的誤差到了 x̂_0 會變成 {factor} 倍；這超過半精度的解析度，裁切把它變成看似合理的 ±1。"
        "在這些步數下並無害處。",
        "只要開著裁切，就不必做什麼。",
    ),
    "clip-hides-divergence/hurts": (
        "在 T，ε̂ 的誤差到了 x̂_0 會變成 {factor} 倍。不裁切時，{S} 步的結果標準差會是 {unclipped} 而不是 {data}，"
        "裁切時則是 {clipped}。",
        "從訊號較多的 t 開始，或預測 v。",
    ),
    "spread-lost": (
        "{name} 在 {S} 步時，即使網路完全精確，標準差 {data} 的資料也只得到 {spread}：圖片會淡上這麼多。",
        "不必做什麼；步數越多，損失越少。",
    ),
    "double-shift": (
        "{name} 位移了兩次：set_timesteps({T}) 結束於 σ = {sigma}，而它的公式以 shift = {shift} 在訓練的 t = 1 給出 "
        "{formula}。",
        "不必做什麼：這個類別的模型就是這樣使用的。要依照公式，就把位移之前的 sigmas 交給 set_timesteps。",
    ),
    "clip-on-latents": (
        "{keys} 把 x̂_0 裁切到 ±{reach}，這是像素所需要的；自編碼器的潛在變數範圍更大，超出的部分會被切掉。",
        '設定 "clip_sample": false。',
    ),
    "terminal-snr/start": (
        "取樣從 σ = {sigma} 的純雜訊開始，而那裡圖片還剩下 √ᾱ = {root}（SNR = {snr}）。網路學會了從中讀取亮度，"
        "所以很亮和很暗的圖片都會偏向中灰。",
        "提高取樣開始的 σ，直到它的 SNR 低於 {threshold}。",
    ),
    "terminal-snr/start-trace": (
        "在取樣開始的 σ = {sigma}，圖片還留下一點痕跡：√ᾱ = {root}，SNR = {snr}。這太少，看不出亮度（大約到 "
        "{threshold} 才開始看得出來）。",
        "不必做什麼。",
    ),
}
