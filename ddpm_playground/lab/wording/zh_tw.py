"""What the findings say in Traditional Chinese (Taiwan), key by key as in en.py."""

FINDINGS: dict[str, tuple[str, str]] = {
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
    ),
    "terminal-snr/class": (
        "到了 T 圖片還剩下 √ᾱ_T = {root}（SNR(T) = {snr}），取樣卻從純雜訊開始。網路學會了從 x_T 讀取亮度，"
        "所以很亮和很暗的圖片都會偏向中灰。",
        '{name} 不接受 "rescale_betas_zero_snr"。請改用接受它的類別，例如 DDIMScheduler，把它設為 true，配合 '
        '"prediction_type": "v_prediction" 與 "timestep_spacing": "trailing"，再繼續訓練；或提高 β 或 T，直到 SNR(T) '
        "低於 {threshold}。",
    ),
    "terminal-snr/trace": (
        "到了 T 圖片還留下一點痕跡：√ᾱ_T = {root}，SNR(T) = {snr}。這太少，看不出亮度（大約到 {threshold} "
        "才開始看得出來）。",
        "不必做什麼；要完全不留，就重新縮放到零終端 SNR，並預測 v。",
    ),
    "short-t-unscaled": (
        "這些 β_t 是給大約 1000 步用的，但 T = {T}：Σ β_t = {total}，所以 SNR(T) = {snr}，x_T 仍然是一張圖片。",
        "把 β_t 乘以 1000/T = {factor}：{advice}。",
    ),
    "eps-with-zero-terminal-snr": (
        "網路預測 ε，而 t = {t} 時 ᾱ_t = 0：x̂_0 = (x_t − √(1 − ᾱ_t) ε̂)/√ᾱ_t 會除以 0。",
        '使用 "prediction_type": "v_prediction"（並以此訓練），或使用 ᾱ_T > 0 的排程。',
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
        "{name} 不接受 {keys}：diffusers 會略過類別不認得的鍵。",
        "把它拿掉，或改用接受它的類別（{others}）。",
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
        "steps_offset = {offset} 配 {spacing} 間距沒有作用。",
        '把它拿掉；如果真的要用，設定 "timestep_spacing": "leading"。',
    ),
    "clip-hides-divergence": (
        "在 T，ε̂ 的誤差到了 x̂_0 會放大 {factor} 倍；這超過半精度的解析度，而截斷把它變成看似合理的 ±1。",
        '使用 "prediction_type": "v_prediction"，或在 T 留較多訊號的排程：linear 放大 157 倍。',
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
}

PHRASES: dict[str, str] = {
    "its": "它本身的",
    "its-own": "它本身的間距",
    "this": "這個",
    "clean-data": "乾淨資料",
    "nearly-clean-data": "ᾱ_1，還不完全是乾淨資料",
    "common-classes": "最常用的鍵，DDIMScheduler 與 EulerDiscreteScheduler 都接受",
    "scaled-beta": '"beta_start": {start:.4g}, "beta_end": {end:.4g}',
    "guessed": "從走勢看是 {symbol}；如果不是，請給清單一個名稱",
    "values": "{count:,} 個值當作 {symbol} 讀入：{conversion}",
    "turned-round": "原本從雜訊排到資料，已反轉",
    "clean-at-0": "乾淨資料的值當作 t = 0",
    "as-it-stands": "照原樣（Ho et al. 2020，第 2 節）",
    "as-its-paper": "{name}，T = {T:,}，依論文的定義",
    "no-class": "沒有 _class_name：照 DDPMScheduler 的方式讀入",
    "unknown-class": "這裡安裝的 diffusers 沒有 {name} 這個排程器：它的鍵照原樣採用",
    "other-sigmas": "{key}：取樣時用的是另外的 σ；這些曲線是訓練時的",
    "peer": "{name} 給的是 {symbol}：{conversion}",
    "betas-of": "{title} 的 β_t，T = {T:,}，以 float64 計算",
    "rescaled": "已重新縮放到零終端 SNR（Lin et al. 2023）",
    "not-rescaled": "沒有重新縮放到零終端 SNR，因為它的 β_t 不是機率",
    "use-cosine": '在這裡會超過 1，所以請用餘弦排程（"beta_schedule": "squaredcos_cap_v2"）',
}
