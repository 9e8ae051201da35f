"""What the findings about training and asked steps say in Traditional Chinese (Taiwan), as in training_en.py."""

FINDINGS: dict[str, tuple[str, ...]] = {
    "trained-otherwise": (
        "網路是用 {trained} 訓練的，取樣卻用 {sampled}：在 t = {half}，ᾱ 在訓練時是 {abar}，在這裡是 {abar_here}；"
        "T 分別是 {T} 與 {T_here}，SNR(T) 分別是 {terminal} 與 {terminal_here}。走 {steps} 步時，在 t = {t} "
        "拿 SNR 為 {snr} 的 x_t 問網路，它在那裡學到的 SNR 卻是 {wanted}：相差 {ratio} 倍"
        "（{calls} 次詢問中有 {count} 次相差超過 {slight} 倍）。"
        "改用 SNR 相同的 t 來問就對了：{mapping}。",
        "把 SNR 相同的 t 交給網路，或用它訓練時的排程取樣。",
        "{patch}，與訓練時相同；或把 SNR 相同的 t 交給網路。",
        "把 SNR 相同的 t 交給網路，或用它訓練時的設定取樣，那個設定另有自己的診斷。",
    ),
    "trained-otherwise/never": (
        "網路是用 {trained} 訓練的，取樣卻用 {sampled}：在 t = {half}，ᾱ 在訓練時是 {abar}，在這裡是 {abar_here}；"
        "T 分別是 {T} 與 {T_here}，SNR(T) 分別是 {terminal} 與 {terminal_here}。走 {steps} 步時，在 t = {t} "
        "拿 SNR 為 {snr} 的 x_t 問網路，它在那裡學到的 SNR 卻是 {wanted}：相差 {ratio} 倍"
        "（{calls} 次詢問中有 {count} 次相差超過 {slight} 倍）。"
        "其中有些 SNR，它在任何 t 都沒有見過；其餘的，SNR 相同的 t 是 {mapping}。",
        "用它訓練時的排程取樣。",
        "{patch}，與訓練時相同。",
        "用它訓練時的設定取樣，那個設定另有自己的診斷。",
    ),
    "trained-otherwise/prediction": (
        "網路訓練時的輸出是 {trained}，{name} 卻把它的輸出當作 {taken}。",
        "取樣時請用適合網路輸出（{trained}）的類別與 prediction_type。",
        "{patch}，與訓練時相同。",
        "用它訓練時的設定取樣，那個設定另有自己的診斷。",
    ),
    "trained-otherwise/unknown": (
        "無法與訓練時的設定比較：{reason}。",
        "請以有 β_t 的設定或一列數給出訓練時的排程。",
    ),
    "asked-steps": (
        "{name} 原樣採用所指定的 {count} 個 {kind}：t = {first} … {last}，log SNR {low} … {high}。",
        "不必做什麼。",
    ),
    "asked-steps/changed": (
        "{name} 更改了所指定的 {kind}：把 {wanted} 變成了 {has}。",
        "請指定會變成所要值的那些數，或改用別的類別；移動時間步的設定（shift、mu）也會套用到它們。",
    ),
    "asked-steps/ignored": (
        "{name} 的 set_timesteps 不接受 {kind}：diffusers 的管線會拒絕，其他程式則會略過，"
        "改走類別自己的 {count} 步，從 t = {first} 開始。",
        "請改用接受它們的類別（{others}），或改為指定步數。",
    ),
    "asked-steps/apart": (
        "{name} 保留了所指定的 {kind}，卻沒有保留對應的雜訊：在 t = {t}，x_t 的 SNR 是 {snr}，"
        "而這個 t 的意思是 SNR {wanted}：相差 {ratio} 倍。",
        "請指定 sigmas 而不是 timesteps，或把 shift 設為 1。",
    ),
    "asked-steps/outside": (
        "{name} 原樣接受所指定的 t = {t}，但網路只認得 t = {low} … {high}。",
        "請指定這個範圍內的時間步；diffusers 從 0 數起。",
    ),
    "asked-steps/no-class": (
        "以數字指定了時間步或 σ，這裡卻沒有會接受它們的排程器類別。",
        '請給有 "_class_name" 的設定。',
    ),
}
