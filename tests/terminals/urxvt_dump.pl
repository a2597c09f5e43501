# An extension for rxvt-unicode (man 3 urxvtperl) with the actions `text`, `larger` and `smaller`.
# URXVT_DUMP is the file for the text, URXVT_FONT a font without size, URXVT_FONT_SIZE its size at first.

my $size = $ENV{URXVT_FONT_SIZE};

sub on_action {
    my ($self, $action) = @_;
    if ($action eq "text") {
        # As a selection: only there are characters with combining marks whole, and wrapped rows joined.
        $self->selection_beg($self->top_row, 0);
        $self->selection_end($self->nrow - 1, $self->ncol);
        $self->selection_make(urxvt::CurrentTime);
        open my $file, ">:utf8", "$ENV{URXVT_DUMP}.new";
        print $file $self->selection;
        close $file;
        rename "$ENV{URXVT_DUMP}.new", $ENV{URXVT_DUMP};
    } else {
        $size += $action eq "larger" ? 1 : -1;
        $self->cmd_parse("\033]710;$ENV{URXVT_FONT}:size=$size\007");
    }
    ()
}
