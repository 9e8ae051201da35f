"""What the findings say in English: key → (what was found, what to do); and the phrases of the lab."""

FINDINGS: dict[str, tuple[str, str]] = {
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
    ),
    "terminal-snr/class": (
        "√ᾱ_T = {root} of the picture is left at T (SNR(T) = {snr}), while sampling starts from pure noise. The "
        "network has learned to take brightness from x_T, so very bright and very dark pictures drift to mid-grey.",
        '{name} takes no "rescale_betas_zero_snr". Use a class that does, such as DDIMScheduler, with it true, '
        '"prediction_type": "v_prediction" and "timestep_spacing": "trailing", and train on; or raise β or T until '
        "SNR(T) is below {threshold}.",
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
    ),
    "eps-with-zero-terminal-snr": (
        "The network predicts ε, and ᾱ_t = 0 at t = {t}: x̂_0 = (x_t − √(1 − ᾱ_t) ε̂)/√ᾱ_t divides by 0.",
        'Use "prediction_type": "v_prediction" (and train for it), or a schedule with ᾱ_T > 0.',
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
        "{name} takes no {keys}: diffusers leaves out what a class does not know.",
        "Remove it, or use a class that takes it ({others}).",
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
        "steps_offset = {offset} does nothing with {spacing} spacing.",
        'Remove it, or set "timestep_spacing": "leading" if it was meant.',
    ),
    "clip-hides-divergence": (
        "At T, an error of ε̂ comes out {factor} times as large in x̂_0; that is more than half precision resolves, "
        "and clipping makes a plausible ±1 of it.",
        'Use "prediction_type": "v_prediction", or a schedule with more signal at T: linear magnifies 157 times.',
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
}

PHRASES: dict[str, str] = {
    "its": "its",
    "its-own": "its own spacing",
    "this": "this",
    "clean-data": "clean data",
    "nearly-clean-data": "ᾱ_1, which is not quite clean data",
    "common-classes": "DDIMScheduler and EulerDiscreteScheduler take the most common ones",
    "scaled-beta": '"beta_start": {start:.4g}, "beta_end": {end:.4g}',
    "guessed": "taken for {symbol} by its course; name the list to say otherwise",
    "values": "{count:,} values read as {symbol}: {conversion}",
    "turned-round": "they ran from noise to data and were turned round",
    "clean-at-0": "the value of clean data became t = 0",
    "as-it-stands": "as it stands (Ho et al. 2020, section 2)",
    "as-its-paper": "{name}, T = {T:,}, as its paper defines it",
    "no-class": "no _class_name: read as DDPMScheduler reads it",
    "unknown-class": "{name} is no scheduler of the diffusers installed here: its keys are taken as they stand",
    "other-sigmas": "{key}: sampling takes its steps from other σ; these curves are those of training",
    "peer": "{name} gives {symbol}: {conversion}",
    "betas-of": "β_t of {title}, T = {T:,}, in float64",
    "rescaled": "rescaled to zero terminal SNR (Lin et al. 2023)",
    "not-rescaled": "not rescaled to zero terminal SNR, since its β_t are no probabilities",
    "use-cosine": 'that is above 1 here, so use the cosine schedule ("beta_schedule": "squaredcos_cap_v2")',
}
