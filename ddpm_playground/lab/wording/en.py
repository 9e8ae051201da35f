"""What the findings say in English: key → (what was found, what to do)."""

FINDINGS: dict[str, tuple[str, ...]] = {
    "not-finite": (
        "β_{t} = {value} is no finite number, and {others} other β_t are none either.",
        "Correct the values from t = {t} on; every picture after that step would be NaN.",
    ),
    "beta-out-of-range": (
        "β_{t} = {value} lies outside [0, 1] ({count} of {T} values do), so √(1 − β_t) or √β_t does not exist.",
        "Keep every β_t in [0, 1); only β_T may be 1.",
    ),
    "non-monotone": (
        "ᾱ rises from {before} to {after} at t = {t} (in {count} steps in all): that step would take noise away.",
        "Sort the values from data to noise, or export the curve made monotone.",
    ),
    "zero-beta/no-noise": (
        "ᾱ_t = 1 up to t = {t}: these steps add no noise, so (1 − α_t)/√(1 − ᾱ_t) is 0/0 there.",
        "Start at β_1 > 0, for example 1e-4, or drop these steps.",
    ),
    "zero-beta": (
        "β_t = 0 at {count} of {T} steps, first at t = {t}: nothing happens there, and log β_t = −∞.",
        "Drop these steps, or give them a small β_t.",
    ),
    "terminal-snr": (
        "√ᾱ_T = {root} of the picture is left at T (SNR(T) = {snr}), while sampling starts from pure noise. The "
        "network has learned to take brightness from x_T, so very bright and very dark pictures drift to mid-grey.",
        'Set "rescale_betas_zero_snr": true with "prediction_type": "v_prediction" and "timestep_spacing": '
        '"trailing", and train on; or raise β or T until SNR(T) is below {threshold}.',
        "{patch}, and train on.",
    ),
    "terminal-snr/class": (
        "√ᾱ_T = {root} of the picture is left at T (SNR(T) = {snr}), while sampling starts from pure noise. The "
        "network has learned to take brightness from x_T, so very bright and very dark pictures drift to mid-grey.",
        '{name} takes no "rescale_betas_zero_snr". Use a class that does, such as DDIMScheduler, with it true, '
        '"prediction_type": "v_prediction" and "timestep_spacing": "trailing", and train on; or raise β or T until '
        "SNR(T) is below {threshold}.",
        "{patch}, and train on.",
    ),
    "terminal-snr/trace": (
        "A trace of the picture is left at T: √ᾱ_T = {root}, SNR(T) = {snr}. That is too little to be seen as "
        "brightness (it begins to show at about {threshold}).",
        "Nothing need be done; for none at all, rescale to zero terminal SNR and predict v.",
    ),
    "short-t-unscaled": (
        "These β_t are meant for about 1000 steps, but T = {T}: Σ β_t = {total}, so SNR(T) = {snr} and x_T is "
        "still a picture.",
        "Multiply β_t by 1000/T = {factor}: {advice}.",
        "{patch}, and train anew.",
    ),
    "eps-with-zero-terminal-snr": (
        "The network predicts ε, and ᾱ_t = 0 at t = {t}: x̂_0 = (x_t − √(1 − ᾱ_t) ε̂)/√ᾱ_t divides by 0.",
        'Use "prediction_type": "v_prediction" (and train for it), or a schedule with ᾱ_T > 0.',
        "{patch}, and train for it.",
    ),
    "eps-with-zero-terminal-snr/unknown": (
        "ᾱ_t = 0 at t = {t}. A network that predicts ε cannot be used there: x̂_0 divides by √ᾱ_t = 0.",
        "Predict v or x_0, or keep ᾱ_T > 0.",
    ),
    "spacing-skips-t": (
        "With {spacing} spacing, {steps} steps begin at t = {visited} and never visit T = {T}.",
        'Set "timestep_spacing": "trailing".',
    ),
    "wrong-previous-timestep": (
        "{name} at {steps} steps ({spacing}) goes from t = {t} to the noise of t = {used}, but visits t = {next} "
        "next; {count} of its steps land beside the t that follows.",
        'Set "timestep_spacing": "{other}".',
    ),
    "wrong-previous-timestep/trailing": (
        "{name} at {steps} steps ({spacing}) goes from t = {t} to the noise of t = {used}, but visits t = {next} "
        "next; {count} of its steps land beside the t that follows.",
        'Take a number of steps that divides T = {T}, or set "timestep_spacing": "leading".',
    ),
    "ignored-key": (
        "{name} takes no {keys}, and diffusers leaves out what a class does not know. In {others} it changes the "
        "schedule or the sampling.",
        "Use a class that takes it ({others}), or leave it out.",
    ),
    "ignored-key/harmless": (
        "{name} takes no {keys}: diffusers leaves out what a class does not know. No class that takes it would sample "
        "otherwise for it.",
        "Nothing need be done; it can be left out.",
        "Nothing need be done. {patch}, and nothing changes.",
    ),
    "ignored-key/misspelt": (
        "{name} takes no {keys}, and diffusers leaves it out. The class takes {own}, which has its default here.",
        "Write {own} if that is meant, with a value that the class allows, or leave {keys} out.",
        "{patch}, if {own} is meant.",
    ),
    "cannot-run": (
        "{name} refuses this config at {steps} steps: {reason}.",
        "Correct the value that it names.",
    ),
    "cannot-run/steps": (
        "More than T = {T} steps cannot be taken: {steps} were asked for and not examined.",
        "Ask for fewer steps.",
    ),
    "steps-offset/outside": (
        "With steps_offset = {offset}, {steps} steps visit t = {t}, outside the trained 1…{T}.",
        'Set "steps_offset": 0, or take fewer steps.',
    ),
    "steps-offset": (
        "steps_offset = {offset} raises every visited t by {offset}; the lowest is t = {lowest}, and the last step "
        "goes from there to {end}.",
        "Keep it if the network was trained and tuned that way (Stable Diffusion 1.x: 1), else set it to 0.",
    ),
    "steps-offset/ignored": (
        "steps_offset = {offset} does nothing here: the same t are visited without it.",
        "Nothing need be done; it can be left out.",
    ),
    "variance-type": (
        "variance_type = {kind} adds noise of variance β of a whole stride; at {steps} steps that is far more than "
        "the posterior's.",
        'Set "variance_type": "fixed_small", or take the deterministic DDIM for few steps.',
    ),
    "variance-type/learned": (
        "variance_type = {kind} expects a network with twice as many output channels: mean and variance.",
        'Set "variance_type": "fixed_small" if the network predicts ε alone.',
    ),
    "float32-loss/zero": (
        "1 − ᾱ_{t} is 0 in float32, so √(1 − ᾱ_t) divides by 0 there.",
        "Compute the tables in float64, or raise β_1 above 1e-7.",
    ),
    "float32-loss/trace": (
        "In float32, 1 − ᾱ_1 = {value} is off by {error} of itself. No picture shows that; comparisons do.",
        "Nothing need be done; compare numbers in float64.",
    ),
    "float32-loss": (
        "In float32, 1 − ᾱ_1 = {value} is off by {error} of itself.",
        "Compute the tables in float64 and cast at the end.",
    ),
    "abrupt": (
        "The step to t = {t} takes {bits} of at most 8 bits per pixel at once (ᾱ {before} → {after}).",
        "Spread this step over more t, or take a larger T.",
    ),
    "falling-beta": (
        "β_t falls {count} times between t = {first} and t = {last} ({before} → {after}): there a step adds a smaller "
        "share of noise than the one before it. ᾱ_t falls all the same, so nothing is broken; the steps nearer to the "
        "data are the coarser ones.",
        "Nothing need be done if it is meant so; in the linear and the cosine schedule β_t never falls.",
    ),
    "falling-beta/all": (
        "β_t falls from t = {first} to t = {last} ({before} → {after}): the first step adds the largest share of noise "
        "and the last one the smallest. A list that was written from T down to 1 looks so.",
        "Turn the list round if it was written so; if it is meant as it is, keep it.",
    ),
    "wasted-steps": (
        "{share} of the steps have ᾱ_t within 0.001 of 0 or 1, where there is next to nothing to learn.",
        "Lower T or β, or use the cosine schedule.",
    ),
    "wasted-steps/some": (
        "{share} of the steps have ᾱ_t within 0.001 of 0 or 1, where there is next to nothing to learn.",
        "Nothing need be done; the cosine schedule wastes fewer.",
    ),
    "resolution-shift/clean": (
        "Pictures of {size} pixels a side keep more signal under the same noise: half-way log SNR is {middle}, "
        "where {wanted} would match the cosine schedule at 64.",
        "Shift log SNR by {shift} (that is 2 log(64/{size}) against the cosine schedule), or lower the resolution.",
    ),
    "resolution-shift/noisy": (
        "Half-way log SNR is {middle}, where {wanted} would do for pictures of {size} pixels a side: many steps go "
        "to noise in which such a small picture cannot be seen.",
        "Shift log SNR by {shift}, for example with the cosine schedule.",
    ),
    "prediction-type": (
        "prediction_type = {kind} is none that {name} knows here.",
        "Set it to what the network was trained for: {allowed}.",
    ),
    "prediction-type/flow": (
        "prediction_type = {kind} does not go with use_flow_sigmas = {flow}: the velocity ε − x_0 belongs to flow "
        "matching's σ, and only to it.",
        'Set both, or neither: "prediction_type": "flow_prediction" with "use_flow_sigmas": true.',
    ),
    "not-examined": (
        "{name} was not run at {steps} steps: {reason}. Nothing is claimed here about its sampling.",
        "Install or give what is named, and check again; the findings on the schedule itself hold.",
    ),
    "not-examined/other-data": (
        "{name} keeps no noise levels of an x_t = a x_0 + b ε, as is usual of classes for other data, such as tokens, "
        "so it has no schedule to examine: {reason}. Nothing is claimed here about it.",
        "Nothing need be done.",
    ),
    "step-fails": (
        "{name} at {steps} steps: step {step} of {calls} (timestep {timestep}, at {S} steps) stops with {told}.",
        "Change the settings of its steps, or use another class.",
    ),
    "not-finite-step": (
        "{name} at {steps} steps: step {step} of {calls} (timestep {timestep}, at {S} steps) returns NaN or infinity "
        "in float32.",
        "Change the settings of its steps, or use another class.",
    ),
    "repeated-timestep": (
        "{name} at {steps} steps asks the network {count} times again at a t that it has just asked at, for another σ: "
        "first at t = {t}. Rounding to whole t makes them equal.",
        "Take fewer steps, or σ that lie further apart.",
    ),
    "repeated-timestep/few": (
        "{name} at {steps} steps asks the network {count} times again at a t that it has just asked at, for another σ: "
        "first at t = {t}. Rounding to whole t makes them equal.",
        "Nothing need be done: the two σ differ by less than one t.",
    ),
    "idle-steps": (
        "{count} of the {calls} calls at {steps} steps are spent where SNR < {threshold}: sampling starts at "
        "σ = {sigma}, and there is nothing to be seen yet.",
        "Take a lower σ_max, or another spacing of σ.",
    ),
    "residual-noise": (
        "After the last of {steps} steps noise of σ = {sigma} is left: as much as at the training's t = 1.",
        "Nothing need be done: no picture of 8 bits shows it.",
        "{patch}, and the last step ends in clean data. No picture of 8 bits shows the difference.",
    ),
    "residual-noise/much": (
        "After the last of {steps} steps noise of σ = {sigma} is left; the training's t = 1 has {lowest}.",
        "Let the last step end in clean data.",
    ),
    "unclipped-divergence": (
        "{name} at {steps} steps magnifies the network's errors: on data of standard deviation {data}, {error} of error"
        " in its output makes {S} steps end at {spread} ({exact} without the error). Nothing clips x̂_0.",
        "Clip x̂_0, begin at a t with more signal, or predict v.",
    ),
    "clip-hides-divergence": (
        "At T, an error of ε̂ comes out {factor} times as large in x̂_0. Without clipping {S} steps would end at "
        "standard deviation {unclipped} instead of {data}; with it they end at {clipped}.",
        "Nothing need be done while clipping is on.",
    ),
    "clip-hides-divergence/table": (
        "At T, an error of ε̂ comes out {factor} times as large in x̂_0; that is more than half precision resolves, "
        "and clipping makes a plausible ±1 of it. At these steps it does no harm.",
        "Nothing need be done while clipping is on.",
    ),
    "clip-hides-divergence/hurts": (
        "At T, an error of ε̂ comes out {factor} times as large in x̂_0. Without clipping {S} steps would end at "
        "standard deviation {unclipped} instead of {data}, and with it they end at {clipped}.",
        "Begin at a t with more signal, or predict v.",
    ),
    "spread-lost": (
        "{name} at {S} steps ends at standard deviation {spread} of data that has {data}, with an exact network: "
        "pictures come out that much too pale.",
        "Nothing need be done; more steps lose less.",
    ),
    "double-shift": (
        "{name} shifts twice: set_timesteps({T}) ends at σ = {sigma}, where its formula with shift = {shift} gives "
        "{formula} at the training's t = 1.",
        "Nothing need be done: models of this class are used so. To follow the formula, hand set_timesteps its "
        "sigmas before the shift.",
    ),
    "clip-on-latents": (
        "{keys} clips x̂_0 to ±{reach}, as pixels need it; an autoencoder's latents have a wider range, and what lies "
        "beyond is cut off.",
        'Set "clip_sample": false.',
    ),
    "terminal-snr/start": (
        "Sampling starts at σ = {sigma}, where √ᾱ = {root} of the picture is left (SNR = {snr}), from pure noise. The "
        "network has learned to take brightness from it, so very bright and very dark pictures drift to mid-grey.",
        "Raise the σ that sampling starts at until its SNR is below {threshold}.",
    ),
    "terminal-snr/start-trace": (
        "A trace of the picture is left where sampling starts, at σ = {sigma}: √ᾱ = {root}, SNR = {snr}. That is too "
        "little to be seen as brightness (it begins to show at about {threshold}).",
        "Nothing need be done.",
    ),
}
