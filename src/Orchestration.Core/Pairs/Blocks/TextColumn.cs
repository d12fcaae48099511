namespace Orchestration.Core.Pairs.Blocks;

/// <summary>A column of texts, some of which may be absent, as it is filled row by row and written.</summary>
/// <remarks>
/// Written as one of: nothing at all (every row absent); a dictionary of up to 255 texts and one byte a row (categories, sources); or lengths
/// and then all texts one after the other.
/// </remarks>
internal sealed class TextColumn
{
    internal const byte AllAbsent = 0;
    internal const byte Plain = 1;
    internal const byte Dictionary = 2;
    private const int DictionaryMax = 255;

    // Open addressing at a quarter's load; 0 is empty, otherwise 1 + index of the entry.
    private readonly byte[] _slots = new byte[1024];
    private readonly int[] _entryStarts = new int[DictionaryMax];
    private readonly int[] _entryLengths = new int[DictionaryMax];
    private readonly ByteBuilder _texts = new();
    private int[] _lengths = new int[256];
    private byte[] _indexes = [];
    private int _present;

    public int Rows { get; private set; }

    /// <summary>Of all its texts.</summary>
    public int Bytes => _texts.Length;

    public void Clear()
    {
        _texts.Clear(8 << 20);
        Rows = 0;
        _present = 0;
    }

    public void Append(ReadOnlySpan<byte> text)
    {
        AppendLength(text.Length);
        _texts.Append(text);
        _present++;
    }

    public void AppendAbsent() => AppendLength(-1);

    /// <summary>Writes lengths only, for sections that write several columns' lengths before their texts; −1 (absent) is written as 0.</summary>
    public void WriteLengths(ByteBuilder output)
    {
        if (_present == 0)
        {
            output.AppendByte(AllAbsent);
            return;
        }

        output.AppendByte(Plain);
        for (var row = 0; row < Rows; row++) output.AppendVarint((uint)(_lengths[row] + 1));
    }

    public void WriteTexts(ByteBuilder output) => output.Append(_texts.Written);

    /// <summary>Adds its texts to what is told apart when texts are looked for.</summary>
    public void AddTo(WordFilter.Builder words)
    {
        ReadOnlySpan<byte> last = [];
        var start = 0;
        for (var row = 0; row < Rows; row++)
        {
            if (_lengths[row] <= 0) continue;
            var text = _texts.Slice(start, _lengths[row]);
            start += text.Length;

            // Answers to one prompt follow one another.
            if (!text.SequenceEqual(last)) words.Add(text);
            last = text;
        }
    }

    /// <summary>Writes the column in its smallest form.</summary>
    public void Write(ByteBuilder output)
    {
        if (_present != 0 && TryBuildDictionary(out var entries))
        {
            output.AppendByte(Dictionary);
            output.AppendVarint((uint)entries);
            for (var i = 0; i < entries; i++) output.AppendText(_texts.Slice(_entryStarts[i], _entryLengths[i]));
            output.Append(_indexes.AsSpan(0, Rows));
            return;
        }

        WriteLengths(output);
        if (_present != 0) WriteTexts(output);
    }

    private void AppendLength(int length)
    {
        if (Rows == _lengths.Length) Array.Resize(ref _lengths, Rows * 2);
        _lengths[Rows++] = length;
    }

    private bool TryBuildDictionary(out int entries)
    {
        entries = 0;
        Array.Clear(_slots);
        if (_indexes.Length < Rows) _indexes = new byte[_lengths.Length];
        var start = 0;
        var last = -1;
        for (var row = 0; row < Rows; row++)
        {
            var length = _lengths[row];
            if (length < 0)
            {
                _indexes[row] = 0;
                continue;
            }

            var text = _texts.Slice(start, length);
            start += length;
            if (last < 0 || !Entry(last).SequenceEqual(text))
            {
                last = Find(text, start - length, ref entries);
                if (last < 0) return false;
            }

            _indexes[row] = (byte)(last + 1);
        }

        // Hardly a repetition: the dictionary would hold the column and the indexes besides.
        return entries <= 16 || entries < _present / 2;
    }

    private ReadOnlySpan<byte> Entry(int index) => _texts.Slice(_entryStarts[index], _entryLengths[index]);

    private int Find(ReadOnlySpan<byte> text, int start, ref int entries)
    {
        var slot = (int)IdHash.Of(text).Low & (_slots.Length - 1);
        while (_slots[slot] != 0)
        {
            if (Entry(_slots[slot] - 1).SequenceEqual(text)) return _slots[slot] - 1;
            slot = (slot + 1) & (_slots.Length - 1);
        }

        if (entries == DictionaryMax) return -1;
        _entryStarts[entries] = start;
        _entryLengths[entries] = text.Length;
        _slots[slot] = (byte)++entries;
        return entries - 1;
    }
}

/// <summary>A column of texts as read back: where each row's text lies.</summary>
internal readonly struct TextView(byte[] content, int[] starts, int[] lengths)
{
    public bool TryGet(int row, out ReadOnlySpan<byte> text)
    {
        if (lengths.Length == 0 || lengths[row] < 0)
        {
            text = default;
            return false;
        }

        text = content.AsSpan(starts[row], lengths[row]);
        return true;
    }

    /// <summary>Reads what <see cref="TextColumn.Write"/> wrote.</summary>
    public static TextView Read(ref BlockReader reader, byte[] content, int rows)
    {
        if (ReadLengths(ref reader, rows, out var form) is { } lengths) return ReadTexts(ref reader, content, lengths);
        if (form == TextColumn.AllAbsent) return new TextView(content, [], []);
        if (form != TextColumn.Dictionary) throw new InvalidDataException("A column of texts has an unknown form.");

        var entries = reader.ReadCount();
        var entryStarts = new int[entries + 1];
        var entryLengths = new int[entries + 1];
        entryLengths[0] = -1;
        for (var i = 1; i <= entries; i++)
        {
            entryLengths[i] = reader.ReadVarint();
            entryStarts[i] = reader.Take(entryLengths[i]);
        }

        var starts = new int[rows];
        lengths = new int[rows];
        for (var row = 0; row < rows; row++)
        {
            var index = reader.ReadByte();
            if (index > entries) throw new InvalidDataException("An index points outside its dictionary.");
            starts[row] = entryStarts[index];
            lengths[row] = entryLengths[index];
        }

        return new TextView(content, starts, lengths);
    }

    /// <summary>Lengths as <see cref="TextColumn.WriteLengths"/> wrote them; null where the form has none.</summary>
    public static int[]? ReadLengths(ref BlockReader reader, int rows, out byte form)
    {
        form = reader.ReadByte();
        if (form != TextColumn.Plain) return null;
        var lengths = new int[rows];
        for (var row = 0; row < rows; row++) lengths[row] = reader.ReadVarint() - 1;
        return lengths;
    }

    /// <summary>The texts of a plain column; <paramref name="lengths"/> null where it has none.</summary>
    public static TextView ReadTexts(ref BlockReader reader, byte[] content, int[]? lengths)
    {
        if (lengths is null) return new TextView(content, [], []);
        var starts = new int[lengths.Length];
        for (var row = 0; row < lengths.Length; row++) starts[row] = reader.Take(Math.Max(0, lengths[row]));
        return new TextView(content, starts, lengths);
    }
}
