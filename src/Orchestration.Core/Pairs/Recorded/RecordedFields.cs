using System.Text.Json;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Recorded;

/// <summary>The fields of recorded files.</summary>
internal enum RecordedField
{
    Other,
    Id,
    Scores,
    Unscored,
    Verdicts,
    Judge,
    Score,
    Reason,
    NativeId,
    NativeJudge,
    Games,
}

/// <summary>Their names.</summary>
internal static class RecordedFields
{
    /// <summary>A reason is a short code; longer ones are messages, of which there is no end.</summary>
    public const int MaxReasonBytes = 100;

    public static RowFault BadReason { get; } = new(
        RejectReason.WrongType, $"A reason is a short code such as 'timeout', of 1 to {MaxReasonBytes} bytes.");

    public static RecordedField Find(ReadOnlySpan<byte> name)
    {
        switch (name.Length)
        {
            case 2: return name.SequenceEqual("id"u8) ? RecordedField.Id : RecordedField.Other;
            case 5: return name.SequenceEqual("score"u8) ? RecordedField.Score : name.SequenceEqual("judge"u8) ? RecordedField.Judge : RecordedField.Other;
            case 6: return name.SequenceEqual("scores"u8) ? RecordedField.Scores : name.SequenceEqual("reason"u8) ? RecordedField.Reason : RecordedField.Other;
            case 7: return name.SequenceEqual("pair_id"u8) ? RecordedField.NativeId : RecordedField.Other;
            case 8: return name.SequenceEqual("unscored"u8) ? RecordedField.Unscored : name.SequenceEqual("verdicts"u8) ? RecordedField.Verdicts : RecordedField.Other;
            case 9: return name.SequenceEqual("judgments"u8) ? RecordedField.Games : RecordedField.Other;
            case 10: return name.SequenceEqual("judge_name"u8) ? RecordedField.NativeJudge : RecordedField.Other;
            default: return RecordedField.Other;
        }
    }

    public static string NameOf(RecordedField field) => field switch
    {
        RecordedField.NativeId => "pair_id",
        RecordedField.NativeJudge => "judge_name",
        RecordedField.Games => "judgments",
        _ => field.ToString().ToLowerInvariant(),
    };
}

/// <summary>A row of a recorded file while it is read.</summary>
internal ref struct RecordedRow()
{
    public FieldRef Id = FieldRef.Absent;
    public FieldRef NativeId = FieldRef.Absent;
    public FieldRef Judge = FieldRef.Absent;
    public FieldRef Reason = FieldRef.Absent;
    public FieldRef NativeJudge = FieldRef.Absent;
    public bool HasNumber;
    public bool IsNumberGood;
    public double Number;

    /// <summary>Stands on the value of <c>unscored</c>, where the row has one.</summary>
    public Utf8JsonReader Unscored;

    /// <summary>Stands on the value of <c>judgments</c>, where the row has one.</summary>
    public Utf8JsonReader Games;

    private uint _seen;

    public readonly bool Has(RecordedField field) => (_seen & (1u << (int)field)) != 0;

    /// <summary>False where the field has been seen before.</summary>
    public bool See(RecordedField field)
    {
        var bit = 1u << (int)field;
        if ((_seen & bit) != 0) return false;
        _seen |= bit;
        return true;
    }

    public void Take(RecordedField field, FieldRef value)
    {
        switch (field)
        {
            case RecordedField.Id: Id = value; break;
            case RecordedField.NativeId: NativeId = value; break;
            case RecordedField.Judge: Judge = value; break;
            case RecordedField.Reason: Reason = value; break;
            case RecordedField.NativeJudge: NativeJudge = value; break;
            default: throw new ArgumentOutOfRangeException(nameof(field), field, "This field is no text.");
        }
    }

    public void Later(RecordedField field, in Utf8JsonReader reader)
    {
        if (field == RecordedField.Unscored) Unscored = reader;
        else Games = reader;
    }
}
