using System.Buffers;
using System.Text;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Pairs.Blocks;

/// <summary>
/// A shard's data, decoded. Columns are read as UTF-8 spans over the decoded section; strings are made only by <see cref="GetPair"/> and
/// <see cref="GetComparison"/>. Safe for concurrent reading.
/// </summary>
public sealed class DataBlock
{
    private readonly int _shard;
    private readonly byte[] _head;
    private readonly TextView _ids;
    private readonly TextView _groups;
    private readonly TextView _namedGroups;
    private readonly TextView _categories;
    private readonly TextView _sources;
    private readonly TextView _kept;
    private readonly double[] _targets = [];
    private readonly int _labels;
    private readonly string[] _reasons;
    private readonly int[] _recordedStarts;
    private readonly RecordedColumn[] _recordedColumns;
    private readonly Lazy<Texts>? _texts;

    private DataBlock(int shard, byte[] head, byte[]? text)
    {
        _shard = shard;
        _head = head;
        var reader = new BlockReader(head);
        Rows = reader.ReadCount();
        Kind = (DataKind)reader.ReadByte();
        if (Kind is not (DataKind.Pairs or DataKind.Comparisons)) throw new InvalidDataException("The block holds neither pairs nor comparisons.");
        _ids = TextView.Read(ref reader, head, Rows);
        _groups = ReadGroups(ref reader, out _namedGroups);
        _categories = TextView.Read(ref reader, head, Rows);
        _sources = TextView.Read(ref reader, head, Rows);
        _kept = TextView.Read(ref reader, head, Rows);
        if (Kind == DataKind.Comparisons)
        {
            _labels = reader.Take(Rows);
        }
        else if (reader.ReadByte() != 0)
        {
            _targets = new double[Rows];
            NumberColumn.Read(ref reader, head, _targets);
        }

        _reasons = new string[reader.ReadCount()];
        for (var i = 0; i < _reasons.Length; i++) _reasons[i] = Encoding.UTF8.GetString(reader.ReadText());
        _recordedColumns = new RecordedColumn[reader.ReadCount()];
        _recordedStarts = new int[_recordedColumns.Length];
        for (var i = 0; i < _recordedColumns.Length; i++)
        {
            var file = reader.ReadVarint();
            var kind = (ColumnKind)reader.ReadByte();
            _recordedColumns[i] = new RecordedColumn(Encoding.UTF8.GetString(reader.ReadText()), kind, file);
            _recordedStarts[i] = reader.Position;
            reader.Take(CodeBytes(reader.ReadByte()) * Rows);
            NumberColumn.Skip(ref reader, Rows);
        }

        if (text is not null) _texts = new Lazy<Texts>(() => Texts.Read(text, Kind, Rows, shard));
    }

    /// <summary>Number of rows; 0 where all its rows were duplicates.</summary>
    public int Rows { get; }

    /// <summary>What the rows are.</summary>
    public DataKind Kind { get; }

    /// <summary>The recorded columns that hold anything in this block; those of other blocks are absent here.</summary>
    public IReadOnlyList<RecordedColumn> RecordedColumns => _recordedColumns;

    /// <summary>Decodes a shard. Its head is required; its text is decoded at the first use, and may be null where it is not needed.</summary>
    /// <exception cref="OrchestrationException">Damaged, or written by a newer build (<see cref="ErrorCodes.Store"/>).</exception>
    public static DataBlock Decode(StoredShard shard)
    {
        var head = shard.Head ?? throw new ArgumentException("Read the shard with ShardParts.Head: its head was not read.", nameof(shard));
        return Decode(shard.Index, head, shard.Text);
    }

    /// <inheritdoc cref="Decode(StoredShard)"/>
    public static DataBlock Decode(ShardData shard) => Decode(shard.Index, shard.Head, shard.Text);

    /// <summary>The id, UTF-8.</summary>
    public ReadOnlySpan<byte> Id(int row) => Required(_ids, row);

    /// <summary>The group, UTF-8: as the data names it, otherwise <see cref="PairHash.Group(string)"/> of the prompt.</summary>
    public ReadOnlySpan<byte> Group(int row) => Required(_groups, row);

    /// <summary>The category, UTF-8; false where there is none.</summary>
    public bool TryGetCategory(int row, out ReadOnlySpan<byte> category) => _categories.TryGet(row, out category);

    /// <summary>The model that wrote the answer, or what the data set calls the source, UTF-8; false where there is none.</summary>
    public bool TryGetSource(int row, out ReadOnlySpan<byte> source) => _sources.TryGet(row, out source);

    /// <summary>The human score of a pair; null where there is none, and for comparisons.</summary>
    public double? Target(int row) => _targets.Length == 0 || double.IsNaN(_targets[row]) ? null : _targets[row];

    /// <summary>The human label of a comparison; null where there is none, and for pairs.</summary>
    public Preference? Label(int row)
    {
        if (Kind == DataKind.Pairs) return null;
        var code = _head.AsSpan(_labels, Rows)[row];
        return code == 0 ? null : (Preference)(code - 2);
    }

    /// <summary>The kept fields as JSON members, <c>"name":value</c> joined by commas, in the order asked for; empty for none.</summary>
    public ReadOnlySpan<byte> Kept(int row) => _kept.TryGet(row, out var kept) ? kept : default;

    /// <summary>The prompt, UTF-8. Needs the text.</summary>
    public ReadOnlySpan<byte> Prompt(int row) => Required(NeedTexts().Prompts, row);

    /// <summary>The answer of a pair, or answer A of a comparison, UTF-8. Needs the text.</summary>
    public ReadOnlySpan<byte> Answer(int row) => Required(NeedTexts().Answers, row);

    /// <summary>Answer B of a comparison, UTF-8. Needs the text.</summary>
    public ReadOnlySpan<byte> AnswerB(int row) => Required(NeedTexts().AnswersB, row);

    /// <summary>The reference, UTF-8; false where there is none. Needs the text.</summary>
    public bool TryGetReference(int row, out ReadOnlySpan<byte> reference) => NeedTexts().References.TryGet(row, out reference);

    /// <summary>The context, UTF-8; false where there is none. Needs the text.</summary>
    public bool TryGetContext(int row, out ReadOnlySpan<byte> context) => NeedTexts().Contexts.TryGet(row, out context);

    /// <summary>A row of a block of pairs. Needs the text.</summary>
    public Pair GetPair(int row)
    {
        if (Kind != DataKind.Pairs) throw new InvalidOperationException("This block holds comparisons.");
        return new Pair
        {
            Id = Encoding.UTF8.GetString(Id(row)),
            Prompt = Encoding.UTF8.GetString(Prompt(row)),
            Answer = Encoding.UTF8.GetString(Answer(row)),
            Reference = TryGetReference(row, out var reference) ? Encoding.UTF8.GetString(reference) : null,
            Context = TryGetContext(row, out var given) ? Encoding.UTF8.GetString(given) : null,
            Group = Encoding.UTF8.GetString(Group(row)),
            Category = TryGetCategory(row, out var category) ? Encoding.UTF8.GetString(category) : null,
            Source = TryGetSource(row, out var source) ? Encoding.UTF8.GetString(source) : null,
            Target = Target(row),
        };
    }

    /// <summary>A row of a block of comparisons. Needs the text.</summary>
    public Comparison GetComparison(int row)
    {
        if (Kind != DataKind.Comparisons) throw new InvalidOperationException("This block holds pairs.");
        return new Comparison
        {
            Id = Encoding.UTF8.GetString(Id(row)),
            Prompt = Encoding.UTF8.GetString(Prompt(row)),
            AnswerA = Encoding.UTF8.GetString(Answer(row)),
            AnswerB = Encoding.UTF8.GetString(AnswerB(row)),
            Label = Label(row),
            Reference = TryGetReference(row, out var reference) ? Encoding.UTF8.GetString(reference) : null,
            Context = TryGetContext(row, out var given) ? Encoding.UTF8.GetString(given) : null,
            Group = Encoding.UTF8.GetString(Group(row)),
            Category = TryGetCategory(row, out var category) ? Encoding.UTF8.GetString(category) : null,
        };
    }

    /// <summary>
    /// Copies a recorded column into a table of this block's rows. Cells for which the file has nothing, and whole columns that this block does not
    /// hold, become unscored with <see cref="UnscoredReason.NotRecorded"/>.
    /// </summary>
    /// <param name="name">The judge's name in the file.</param>
    /// <param name="kind">What the column holds.</param>
    /// <param name="table">A table of <see cref="Rows"/> rows.</param>
    /// <param name="tableColumn">The table's column to fill.</param>
    public void CopyRecorded(string name, ColumnKind kind, JudgmentTable table, int tableColumn)
    {
        var values = ArrayPool<double>.Shared.Rent(Rows);
        var codes = ArrayPool<ushort>.Shared.Rent(Rows);
        try
        {
            var index = Array.FindIndex(_recordedColumns, c => c.Kind == kind && c.Name == name);
            if (index < 0)
            {
                values.AsSpan(0, Rows).Clear();
                codes.AsSpan(0, Rows).Clear();
            }
            else
            {
                ReadRecorded(index, values.AsSpan(0, Rows), codes.AsSpan(0, Rows));
            }

            var missing = (ushort)(_reasons.Length + RecordedBlock.FirstReason);
            codes.AsSpan(0, Rows).Replace(RecordedBlock.Missing, missing);
            table.SetColumn(tableColumn, values.AsSpan(0, Rows), codes.AsSpan(0, Rows), [.. _reasons, UnscoredReason.NotRecorded]);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(values);
            ArrayPool<ushort>.Shared.Return(codes);
        }
    }

    /// <summary>False where the data names the group; otherwise the eight bytes it was derived as.</summary>
    internal bool TryGetGroupHash(int row, out ulong hash)
    {
        hash = 0;
        return !_namedGroups.TryGet(row, out _)
            && ulong.TryParse(Group(row), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out hash);
    }

    /// <summary>The reasons that codes of <see cref="ReadRecorded"/> point into.</summary>
    internal IReadOnlyList<string> Reasons => _reasons;

    /// <summary>A recorded column as it was gathered; codes as in <see cref="RecordedBlock"/>.</summary>
    internal void ReadRecorded(int column, Span<double> values, Span<ushort> codes)
    {
        try
        {
            var reader = new BlockReader(_head, _recordedStarts[column]);
            var width = CodeBytes(reader.ReadByte());
            var stored = _head.AsSpan(reader.Take(width * Rows), width * Rows);
            for (var row = 0; row < Rows; row++)
            {
                codes[row] = width switch
                {
                    0 => RecordedBlock.Scored,
                    1 => stored[row],
                    _ => (ushort)(stored[row * 2] | (stored[(row * 2) + 1] << 8)),
                };
                if (codes[row] >= _reasons.Length + RecordedBlock.FirstReason) throw new InvalidDataException("A reason is out of range.");
            }

            NumberColumn.Read(ref reader, _head, values);
        }
        catch (InvalidDataException e)
        {
            throw BlockFrame.Damaged(_shard, "head", e);
        }
    }

    private static DataBlock Decode(int index, byte[] head, byte[]? text)
    {
        try
        {
            return new DataBlock(index, BlockFrame.Open(BlockFrame.HeadSection, head, index), text);
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException)
        {
            throw BlockFrame.Damaged(index, "head", e);
        }
    }

    private static int CodeBytes(byte form) => form <= RecordedBlock.WideCodes ? form : throw new InvalidDataException("Codes have an unknown form.");

    private static ReadOnlySpan<byte> Required(TextView view, int row) => view.TryGet(row, out var text) ? text : default;

    private Texts NeedTexts() => _texts?.Value ?? throw new InvalidOperationException("This block was decoded without its text. Read the shard with ShardParts.Text.");

    private TextView ReadGroups(ref BlockReader reader, out TextView named)
    {
        named = TextView.Read(ref reader, _head, Rows);
        var derived = 0;
        for (var row = 0; row < Rows; row++) derived += named.TryGet(row, out _) ? 0 : 1;
        if (derived == 0) return named;

        // Derived groups are stored as eight bytes and spelled out here, beside those that the data names.
        var content = new List<byte>(Rows * 16);
        var starts = new int[Rows];
        var lengths = new int[Rows];
        for (var row = 0; row < Rows; row++)
        {
            starts[row] = content.Count;
            if (named.TryGet(row, out var group)) content.AddRange(group);
            else AppendHex(content, reader.ReadUInt64());
            lengths[row] = content.Count - starts[row];
        }

        return new TextView([.. content], starts, lengths);
    }

    private static void AppendHex(List<byte> content, ulong hash)
    {
        Span<byte> digits = stackalloc byte[16];
        for (var i = 0; i < 16; i++) digits[i] = "0123456789abcdef"u8[(int)(hash >> (60 - (i * 4))) & 15];
        content.AddRange(digits);
    }

    private sealed record Texts(TextView Prompts, TextView Answers, TextView AnswersB, TextView References, TextView Contexts)
    {
        public static Texts Read(byte[] frame, DataKind kind, int rows, int shard)
        {
            try
            {
                var content = BlockFrame.Open(BlockFrame.TextSection, frame, shard);
                var reader = new BlockReader(content);
                if (reader.ReadVarint() != rows) throw new InvalidDataException("Head and text have different numbers of rows.");
                var prompts = TextView.ReadLengths(ref reader, rows, out _);
                var answers = TextView.ReadLengths(ref reader, rows, out _);
                var answersB = kind == DataKind.Comparisons ? TextView.ReadLengths(ref reader, rows, out _) : null;
                var references = TextView.ReadLengths(ref reader, rows, out _);
                var contexts = frame[1] == BlockFrame.WithContext ? TextView.ReadLengths(ref reader, rows, out _) : null;
                return new Texts(
                    TextView.ReadTexts(ref reader, content, prompts),
                    TextView.ReadTexts(ref reader, content, answers),
                    TextView.ReadTexts(ref reader, content, answersB),
                    TextView.ReadTexts(ref reader, content, references),
                    TextView.ReadTexts(ref reader, content, contexts));
            }
            catch (InvalidDataException e)
            {
                throw BlockFrame.Damaged(shard, "text", e);
            }
        }
    }
}
