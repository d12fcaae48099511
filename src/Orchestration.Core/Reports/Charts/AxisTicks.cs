using System.Globalization;

namespace Orchestration.Core.Reports.Charts;

/// <summary>Round numbers along an axis.</summary>
/// <param name="Values">The ticks, rising, none outside the range.</param>
/// <param name="Format">A format that tells them apart.</param>
internal readonly record struct AxisTicks(double[] Values, string Format)
{
    /// <summary>Steps of 1, 2 or 5 times a power of ten, about as many as wished.</summary>
    public static AxisTicks Between(double low, double high, int wished)
    {
        var span = high - low;
        if (!(span > 0) || !double.IsFinite(span)) return new AxisTicks([low], "G4");
        var raw = span / Math.Max(1, wished);
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = power * ((raw / power) switch { <= 1.5 => 1, <= 3.5 => 2, <= 7.5 => 5, _ => 10 });
        var first = (long)Math.Ceiling(low / step - 1e-9);
        var last = (long)Math.Floor(high / step + 1e-9);
        var ticks = new List<double>();
        for (var i = first; i <= last; i++) ticks.Add(i * step);
        var digits = Math.Max(0, -(int)Math.Floor(Math.Log10(step) + 1e-9));
        return new AxisTicks([.. ticks], digits > 6 || step >= 1e6 ? "0.##e0" : "F" + digits.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A tick as text, with a minus sign.</summary>
    public string Text(double value) => value.ToString(Format, CultureInfo.InvariantCulture).Replace('-', '−');
}

/// <summary>A straight map from data to places on the canvas.</summary>
internal readonly record struct AxisScale(double Low, double High, double From, double To)
{
    public double At(double value) => High > Low ? From + (value - Low) / (High - Low) * (To - From) : (From + To) / 2;

    /// <summary>A place that does not leave the axis.</summary>
    public double Clamped(double value) => At(Math.Clamp(value, Low, High));

    /// <summary>The range of some numbers with a little room; those that are not finite do not count.</summary>
    public static (double Low, double High) Around(IEnumerable<double> values, double room = 0.05)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            if (!double.IsFinite(value)) continue;
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        }

        if (low > high) return (0, 1);
        var span = high - low;
        if (span <= 1e-12 * Math.Max(1, Math.Abs(high))) return (low - 0.5, high + 0.5);
        return (low - room * span, high + room * span);
    }
}
