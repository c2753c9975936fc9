using Markdig;
using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Parsers.Inlines;
using Markdig.Syntax.Inlines;

namespace Hub.Domain.Text;

/// <summary>
/// The marks of a message, stricter than CommonMark where people paste code: <c>&gt;</c> quotes only before a space, a code span
/// and <c>_</c> emphasis stand at the edge of a word. "&gt;&lt;tag", "x=`y" and "a.__class__" stay the text they are.
/// </summary>
internal static class MessageMarks
{
    public static MarkdownPipelineBuilder UseMessageMarks(this MarkdownPipelineBuilder builder)
    {
        builder.BlockParsers.Replace<QuoteBlockParser>(new Quote());
        builder.InlineParsers.Replace<CodeInlineParser>(new CodeSpan());
        builder.InlineParsers.Replace<EmphasisInlineParser>(new Emphasis());
        return builder;
    }

    private sealed class Quote : QuoteBlockParser
    {
        public override BlockState TryOpen(BlockProcessor processor)
        {
            var at = 0;
            while (processor.PeekChar(at) == '>') at++;
            var after = at == 0 && processor.CurrentChar == '>' ? processor.PeekChar(1) : processor.PeekChar(at);
            return after == '\0' || after.IsWhitespace() ? base.TryOpen(processor) : BlockState.None;
        }
    }

    private sealed class CodeSpan : CodeInlineParser
    {
        public override bool Match(InlineProcessor processor, ref StringSlice slice)
        {
            var (start, inline) = (slice, processor.Inline);
            var before = slice.PeekCharExtra(-1);
            if (char.IsLetterOrDigit(before) || before is '=' or '`' || !base.Match(processor, ref slice)) return false;
            if (!char.IsLetterOrDigit(slice.CurrentChar)) return true;
            (slice, processor.Inline) = (start, inline);
            return false;
        }
    }

    private sealed class Emphasis : EmphasisInlineParser
    {
        // The extension that adds strike-through looks for the original class only; it still renders it.
        public Emphasis() => EmphasisDescriptors.Add(new EmphasisDescriptor('~', 2, 2, true));

        public override bool Match(InlineProcessor processor, ref StringSlice slice)
        {
            var (start, inline, mark, before) = (slice, processor.Inline, slice.CurrentChar, slice.PeekCharExtra(-1));
            if (!base.Match(processor, ref slice)) return false;
            if (mark != '_' || processor.Inline is not EmphasisDelimiterInline run) return true;
            if (!Edge(before, "([{<\"'“‘*~-–—/")) run.Type &= ~DelimiterType.Open;
            // What is emphasised ends in a word or a sentence's end, never in a comma or an open bracket.
            if (",;:([{".Contains(before, StringComparison.Ordinal) || !Edge(slice.CurrentChar, ")]}>\"'”’.,;:!?…*~-–—/")) run.Type &= ~DelimiterType.Close;
            if (run.Type != DelimiterType.Undefined) return true;
            (slice, processor.Inline) = (start, inline);
            return false;
        }

        private static bool Edge(char c, string marks) => c == '\0' || char.IsWhiteSpace(c) || marks.Contains(c, StringComparison.Ordinal);
    }
}
