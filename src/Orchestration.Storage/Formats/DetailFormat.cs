using Orchestration.Core.Judging;

namespace Orchestration.Storage.Formats;

/// <summary>A judgment's detail as bytes: one byte of flags, then what they name. Nothing known is the one byte 0.</summary>
internal static class DetailFormat
{
    private const byte HasRationale = 1;
    private const byte HasModel = 2;
    private const byte HasFingerprint = 4;
    private const byte HasMass = 8;
    private const byte HasTotals = 16;
    private const byte HasVoided = 32;

    public static void Write(ByteWriter target, JudgmentDetail detail)
    {
        var flags =
            (detail.Rationale is null ? 0 : HasRationale) | (detail.ServedModel is null ? 0 : HasModel) | (detail.Fingerprint is null ? 0 : HasFingerprint) |
            (detail.Mass is null ? 0 : HasMass) | (detail.Totals == CallTotals.None ? 0 : HasTotals) |
            (detail.Voided is null ? 0 : HasVoided);
        target.Byte((byte)flags);
        if (detail.Rationale is { } rationale) target.Text(rationale);
        if (detail.ServedModel is { } model) target.Text(model);
        if (detail.Fingerprint is { } fingerprint) target.Text(fingerprint);
        if (detail.Mass is { } mass) target.Double(mass);
        if ((flags & HasTotals) != 0) WriteTotals(target, detail.Totals);
        if (detail.Voided is { } voided) target.Text(voided);
    }

    public static JudgmentDetail Read(ref ByteReader source)
    {
        var flags = source.Byte();
        if (flags == 0) return JudgmentDetail.None;
        return new JudgmentDetail
        {
            Rationale = (flags & HasRationale) != 0 ? source.Text() : null,
            ServedModel = (flags & HasModel) != 0 ? source.Text() : null,
            Fingerprint = (flags & HasFingerprint) != 0 ? source.Text() : null,
            Mass = (flags & HasMass) != 0 ? source.Double() : null,
            Totals = (flags & HasTotals) != 0 ? ReadTotals(ref source) : CallTotals.None,
            Voided = (flags & HasVoided) != 0 ? source.Text() : null,
        };
    }

    private static void WriteTotals(ByteWriter target, CallTotals totals)
    {
        target.Count(totals.Calls);
        target.Count(totals.Failures);
        target.Count(totals.Usage.Input);
        target.Count(totals.Usage.CachedInput);
        target.Count(totals.Usage.Output);
        target.Count(totals.Usage.Reasoning);
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(totals.CostUsd, parts);
        foreach (var part in parts) target.Count((ulong)(uint)part);
    }

    private static CallTotals ReadTotals(ref ByteReader source)
    {
        var calls = source.Count();
        var failures = source.Count();
        var usage = new TokenUsage(source.Count(), source.Count(), source.Count(), source.Count());
        Span<int> parts = stackalloc int[4];
        foreach (ref var part in parts) part = (int)(uint)source.UCount();
        return new CallTotals(calls, failures, usage, new decimal(parts));
    }
}
