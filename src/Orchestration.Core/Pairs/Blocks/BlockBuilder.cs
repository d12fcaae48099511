using System.Runtime.InteropServices;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Pairs.Blocks;

/// <summary>One row on its way into a block. Texts are UTF-8; <see cref="IsPresent"/> tells absent ones from empty ones.</summary>
internal ref struct BlockRow
{
    public ReadOnlySpan<byte> Id;

    /// <summary>The group where the data names one; otherwise see <see cref="GroupHash"/>.</summary>
    public ReadOnlySpan<byte> Group;

    /// <summary>The first eight bytes, big-endian, of the prompt's SHA-256; counts where <see cref="Group"/> is absent.</summary>
    public ulong GroupHash;

    public ReadOnlySpan<byte> Category;
    public ReadOnlySpan<byte> Source;

    /// <summary>JSON members, <c>"name":value</c> joined by commas; empty for none.</summary>
    public ReadOnlySpan<byte> Kept;

    /// <summary>NaN for none.</summary>
    public double Target;

    public Preference? Label;
    public ReadOnlySpan<byte> Prompt;

    /// <summary>The answer of a pair, or answer A.</summary>
    public ReadOnlySpan<byte> Answer;

    public ReadOnlySpan<byte> AnswerB;
    public ReadOnlySpan<byte> Reference;
    public ReadOnlySpan<byte> Context;

    /// <summary>A span that was never set is absent; an empty one that points somewhere is an empty text.</summary>
    public static bool IsPresent(ReadOnlySpan<byte> text) => !System.Runtime.CompilerServices.Unsafe.IsNullRef(ref MemoryMarshal.GetReference(text));
}

/// <summary>Gathers the rows of a shard by column and encodes them. Kept and refilled; one thread at a time.</summary>
internal sealed class BlockBuilder(DataKind kind)
{
    private readonly TextColumn _ids = new();
    private readonly TextColumn _groups = new();
    private readonly ByteBuilder _groupHashes = new();
    private readonly TextColumn _categories = new();
    private readonly TextColumn _sources = new();
    private readonly TextColumn _kept = new();
    private readonly List<double> _targets = [];
    private readonly ByteBuilder _labels = new();
    private readonly TextColumn _prompts = new();
    private readonly TextColumn _answers = new();
    private readonly TextColumn _answersB = new();
    private readonly TextColumn _references = new();
    private readonly TextColumn _contexts = new();
    private readonly ByteBuilder _content = new();
    private bool _hasContext;
    private readonly ByteBuilder _scratch = new();
    private readonly WordFilter.Builder _words = new();

    public int Rows => _ids.Rows;

    public RecordedBlock Recorded { get; } = new();

    public void Clear()
    {
        foreach (var column in (ReadOnlySpan<TextColumn>)[_ids, _groups, _categories, _sources, _kept, _prompts, _answers, _answersB, _references, _contexts])
            column.Clear();
        _hasContext = false;
        _groupHashes.Clear();
        _targets.Clear();
        _labels.Clear();
        Recorded.Clear();
    }

    public void Append(scoped in BlockRow row)
    {
        _ids.Append(row.Id);
        if (BlockRow.IsPresent(row.Group))
        {
            _groups.Append(row.Group);
        }
        else
        {
            _groups.AppendAbsent();
            _groupHashes.AppendUInt64(row.GroupHash);
        }

        AppendOptional(_categories, row.Category);
        AppendOptional(_sources, row.Source);
        AppendOptional(_kept, row.Kept);
        if (kind == DataKind.Pairs) _targets.Add(row.Target);
        else _labels.AppendByte(row.Label is { } label ? (byte)((int)label + 2) : (byte)0);
        _prompts.Append(row.Prompt);
        _answers.Append(row.Answer);
        if (kind == DataKind.Comparisons) _answersB.Append(row.AnswerB);
        AppendOptional(_references, row.Reference);
        AppendOptional(_contexts, row.Context);
        _hasContext |= BlockRow.IsPresent(row.Context);
    }

    public ShardData Encode(int index)
    {
        var rows = Rows;
        _content.Clear(8 << 20);
        _content.AppendVarint((uint)rows);
        _content.AppendByte((byte)kind);
        _ids.Write(_content);
        _groups.Write(_content);
        _content.Append(_groupHashes.Written);
        _categories.Write(_content);
        _sources.Write(_content);
        _kept.Write(_content);
        if (kind == DataKind.Pairs) WriteTargets();
        else _content.Append(_labels.Written);
        Recorded.Write(_content, rows);
        var head = BlockFrame.Seal(BlockFrame.HeadSection, _content.Written, _scratch);

        // Lengths first and then one text column after the other: answers to one prompt follow one another, so its repetitions lie close together.
        _content.Clear();
        _content.AppendVarint((uint)rows);
        // A block without contexts is what it always was, so that older builds read it.
        TextColumn[] columns = [_prompts, _answers, .. kind == DataKind.Pairs ? [] : new[] { _answersB }, _references, .. _hasContext ? [_contexts] : Array.Empty<TextColumn>()];
        foreach (var column in columns) column.WriteLengths(_content);
        foreach (var column in columns) column.WriteTexts(_content);
        var text = BlockFrame.Seal(BlockFrame.TextSection, _content.Written, _scratch, _hasContext ? BlockFrame.WithContext : BlockFrame.FormatVersion);
        return new ShardData(index, rows, head, text) { Words = EncodeWords(head.Length + text.Length) };
    }

    // An eighth of what the shard takes without it.
    private byte[]? EncodeWords(int bytes)
    {
        TextColumn[] searched = [_ids, _prompts, _answers, .. kind == DataKind.Comparisons ? new[] { _answersB } : []];
        _words.Clear(searched.Sum(static c => (long)c.Bytes));
        foreach (var column in searched) column.AddTo(_words);
        return _words.Encode(bytes / 8);
    }

    private void WriteTargets()
    {
        var targets = CollectionsMarshal.AsSpan(_targets);
        var any = targets.ContainsAnyExcept(double.NaN);
        _content.AppendByte(any ? (byte)1 : (byte)0);
        if (any) NumberColumn.Write(_content, targets);
    }

    private static void AppendOptional(TextColumn column, ReadOnlySpan<byte> text)
    {
        if (BlockRow.IsPresent(text)) column.Append(text);
        else column.AppendAbsent();
    }
}
