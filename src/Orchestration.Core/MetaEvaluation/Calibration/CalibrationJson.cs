using System.Text.Json;
using Orchestration.Learning.Calibrating;

namespace Orchestration.Core.MetaEvaluation.Calibration;

/// <summary>A calibration as one JSON object on a line. Nothing of the clock or the machine is in it.</summary>
public static class CalibrationJson
{
    /// <summary>Writes it.</summary>
    /// <param name="outcome">The calibration.</param>
    public static string Write(CalibrationOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return CheckJson.Line(writer =>
        {
            writer.WriteString("check", "calibrate");
            writer.WriteString("judge", outcome.Settings.Judge);
            writer.WriteString("target", outcome.Settings.Target);
            writer.WriteNumber("level", outcome.Settings.Options.Level);
            writer.WriteNumber("folds", outcome.Settings.Options.Folds);
            writer.WriteString("interval", outcome.Settings.Options.Interval == IntervalSource.Bootstrap ? "bootstrap" : "influence");
            if (outcome.Settings.Options.Interval == IntervalSource.Bootstrap) writer.WriteNumber("resamples", outcome.Settings.Options.Resamples);
            writer.WriteString("seed", outcome.Settings.Options.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteNumber("labels", outcome.Labels);
            writer.WriteNumber("labelled_prompts", outcome.LabelledPrompts);
            writer.WriteNumber("unscored", outcome.Unscored);
            Knots(writer, "calibrator", outcome, outcome.Study.Calibrator.Knots, outcome.Study.Calibrator.Values);
            Knots(writer, "quantile_map", outcome, outcome.Map.Knots, outcome.Map.Values);
            writer.WriteStartArray("readings");
            foreach (var reading in outcome.Readings) Reading(writer, reading);
            writer.WriteEndArray();
            writer.WriteStartArray("policies");
            foreach (var (policy, name) in outcome.Study.Policies.Zip(outcome.PolicyNames)) Policy(writer, policy, name);
            writer.WriteEndArray();
            CheckJson.Texts(writer, "meaning", outcome.Meaning);
        });
    }

    private static void Knots(Utf8JsonWriter writer, string name, CalibrationOutcome outcome, IReadOnlyList<double> knots, IReadOnlyList<double> values)
    {
        writer.WriteStartObject(name);
        CheckJson.Numbers(writer, "scores", knots.Select(outcome.Turn));
        CheckJson.Numbers(writer, "values", values);
        writer.WriteEndObject();
    }

    private static void Reading(Utf8JsonWriter writer, ScoreReading reading)
    {
        writer.WriteStartObject();
        writer.WriteString("score", reading.Name);
        CheckJson.Number(writer, "ece", reading.Error.Value);
        CheckJson.Number(writer, "ece_by_chance", reading.Error.ByChance);
        CheckJson.Number(writer, "wasserstein", reading.Wasserstein);
        CheckJson.Number(writer, "rmse", reading.Rmse);
        writer.WriteStartArray("bins");
        foreach (var bin in reading.Error.Bins)
        {
            writer.WriteStartObject();
            CheckJson.Number(writer, "said", bin.Said);
            CheckJson.Number(writer, "observed", bin.Observed);
            CheckJson.Number(writer, "se", bin.StandardError);
            writer.WriteNumber("rows", bin.Rows);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Policy(Utf8JsonWriter writer, PolicyValue policy, string name)
    {
        writer.WriteStartObject();
        writer.WriteString("policy", name);
        writer.WriteNumber("answers", policy.Rows);
        writer.WriteNumber("prompts", policy.Prompts);
        writer.WriteNumber("labels", policy.Labels);
        CheckJson.Number(writer, "calibrated", policy.Calibrated);
        CheckJson.Number(writer, "value", policy.Value);
        CheckJson.Number(writer, "se", policy.StandardError);
        CheckJson.Number(writer, "lower", policy.Low);
        CheckJson.Number(writer, "upper", policy.High);
        writer.WriteString("rests_on", policy.Basis == CorrectionBasis.OwnLabels ? "own_labels" : "borrowed_labels");
        CheckJson.Number(writer, "residual", policy.Residual.Value);
        CheckJson.Number(writer, "residual_se", policy.Residual.StandardError);
        CheckJson.Number(writer, "outside", policy.Outside);
        if (policy.Probe is { } probe)
        {
            writer.WriteStartObject("probe");
            CheckJson.Number(writer, "difference", probe.Difference);
            CheckJson.Number(writer, "se", probe.StandardError);
            CheckJson.Number(writer, "t", probe.T);
            CheckJson.Number(writer, "p", probe.PValue);
            writer.WriteBoolean("transfers", probe.Transfers);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("probe");
        }

        writer.WriteString("refused", policy.Refusal switch { LevelRefusal.OutsideRange => "outside_range", LevelRefusal.DoesNotTransfer => "does_not_transfer", _ => null });
        writer.WriteEndObject();
    }
}
